//! Worked examples: a comment at the end changes nothing, and what is accepted is traced, in every format, or refused
//! with an error. Of the steps that it asks for at most three are taken.

use super::ORIGIN;
use chainrule::trace::{Example, MarkdownStyle, Shown, TextStyle, to_json, to_markdown, to_text};

/// A trace writes down every number of a step: more than that is what was asked for, not an attack.
const MOST_STEPS: usize = 3;

pub(crate) fn check(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let Ok(example) = Example::parse(ORIGIN, text) else { return false };
    let with_comment = Example::parse(ORIGIN, &format!("{text}\n# the end\n")).expect("a comment harms nothing");
    assert_same(&example, &with_comment);
    let steps = example.steps().map(|steps| steps.min(MOST_STEPS));
    let Ok(trace) = example.trace(steps, Shown::default()) else { return true };
    let again = with_comment.trace(steps, Shown::default()).expect("the same example is traced");
    let json = to_json(&trace);
    assert!(json == to_json(&again), "traced again, the numbers differ");
    serde_json::from_str::<serde_json::Value>(&json).expect("the trace's JSON is JSON");
    assert!(!to_text(&trace, &TextStyle::default()).is_empty());
    assert!(!to_markdown(&trace, &MarkdownStyle::default()).is_empty());
    true
}

fn assert_same(a: &Example, b: &Example) {
    assert!(a == b, "a comment changed the example");
    assert_eq!((a.dtype(), a.digits(), a.steps()), (b.dtype(), b.digits(), b.steps()));
}
