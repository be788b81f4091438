use std::sync::{Arc, Mutex};

use indicatif::TermLike;

use super::*;

const WIDTH: u16 = 100;

/// A terminal that only remembers what was written to it.
#[derive(Clone, Debug, Default)]
struct Screen(Arc<Mutex<String>>);

impl Screen {
    fn bar(&self) -> Bar {
        Bar::new(ProgressDrawTarget::term_like(Box::new(self.clone())))
    }
    /// The line that was drawn last: each is as wide as the screen.
    fn line(&self) -> String {
        let written: Vec<char> = self.0.lock().unwrap().chars().collect();
        written[written.len().saturating_sub(WIDTH.into())..].iter().collect()
    }
    fn put(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().push_str(text);
        Ok(())
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        WIDTH
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.put(text)
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.put(text)
    }
    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_bar_shows_step_share_ops_and_what_is_left() {
    let screen = Screen::default();
    let mut bar = screen.bar();
    for (progress, wanted) in [
        (Progress::at(Step::Resolving), &["resolving reads"][..]),
        (
            Progress { step: Step::Computing, done: 2500, of: 10_000 },
            &["computing", " 25 %", "2 500 of 10 000 ops", " left"],
        ),
        (Progress { step: Step::Computing, done: 10_000, of: 10_000 }, &["100 %"]),
        (Progress::at(Step::Oracle), &["computing the f64 reference"]),
    ] {
        bar.show(progress);
        let seen = screen.line();
        assert!(wanted.iter().all(|wanted| seen.contains(wanted)), "{progress:?}: {seen:?}");
        assert_eq!(seen.contains("ops"), progress.of > 0, "{seen:?}");
    }
}

#[test]
fn nothing_is_shown_where_nobody_looks() {
    // Standard error of a test is no terminal, or its JSON goes to standard output: either way the work is done.
    let result = shown(Json::of(Some(std::path::Path::new("-"))), |watch| {
        watch(Progress::at(Step::Timing));
        7
    });
    assert_eq!(result, 7);
}
