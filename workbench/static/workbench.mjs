// The one entry module: Streamlit components v2 call the default export with a component,
// anywidget calls it with nothing and wants a definition.

import { renderStreamlit } from "./streamlit.mjs";
import { widget } from "./widget.mjs";

export default function workbench(component) {
  return component?.parentElement ? renderStreamlit(component) : widget();
}
