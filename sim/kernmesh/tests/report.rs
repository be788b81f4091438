//! The HTML report as people see it: in a real browser.

#[path = "report/against.rs"]
mod against;
#[path = "report/answer.rs"]
mod answer;
#[path = "report/browser.rs"]
mod browser;
#[path = "report/gestures.rs"]
mod gestures;
#[path = "report/hostile.rs"]
mod hostile;
#[path = "report/numbers.rs"]
mod numbers;
#[path = "report/opening.rs"]
mod opening;
#[path = "report/pages.rs"]
mod pages;
#[path = "report/sight.rs"]
mod sight;
#[path = "report/work.rs"]
mod work;
#[path = "report/wrong.rs"]
mod wrong;
