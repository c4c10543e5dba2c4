// How it looks: one sheet, put into the view's own root so that it holds in a shadow tree too.

import BASE from "./base.css";
import COMPARE from "./compare.css";
import FIT from "./fit.css";
import INSPECTOR from "./inspector.css";
import PARTS from "./parts.css";
import RAW from "./raw.css";
import TIME from "./time.css";
import TRANSCRIPT from "./transcript.css";

export const LOOK = [BASE, TIME, TRANSCRIPT, PARTS, INSPECTOR, RAW, COMPARE, FIT].join("\n");
