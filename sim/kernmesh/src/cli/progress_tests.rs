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
fn a_log_has_a_line_every_ten_seconds() {
    let mut lines = Lines::default();
    let mut said = Vec::new();
    let timing = Progress { step: Step::Timing, done: 2500, of: 10_000 };
    for tick in 0..350 {
        let latest = match tick {
            0..10 => None,
            10..180 => Some(timing),
            180..305 => Some(Progress::at(Step::Oracle)),
            _ => Some(Progress::at(Step::Naive)),
        };
        said.extend(lines.tick(latest).map(|line| (tick, line)));
    }
    let expected = [
        (109, "kernmesh: timing for 10 s, 25 %, 2 500 of 10 000 ops"),
        (209, "kernmesh: computing the f64 reference for 3 s"),
        (309, "kernmesh: computing the naive reference"),
    ];
    assert_eq!(said, expected.map(|(tick, line)| (tick, line.to_owned())));
}

#[test]
fn nothing_is_shown_where_nobody_looks() {
    // Standard error of a test is no terminal, or its JSON goes to standard output: either way the work is done.
    let to_stdout = Forms::json(Some(std::path::Path::new("-")));
    let result = shown(to_stdout, Style::default(), |watch| {
        watch(Progress::at(Step::Timing));
        7
    });
    assert_eq!(result, 7);
}
