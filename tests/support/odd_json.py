"""JSON of every shape where one shape is expected."""

from hypothesis import strategies as st

__all__ = ["odd_json"]


def odd_json(names: str) -> st.SearchStrategy[object]:
    """Small values of every JSON type; objects have some of these names."""
    return st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-3, 3)
        | st.floats(allow_nan=False)
        | st.text("ab", max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(names.split()), inner, max_size=4)
        ),
        max_leaves=8,
    )
