use oplog::provenance::Ranges;

use super::compare::{Found, Reference, differences, repeated};
use super::{Reach, Ways, boxes};

/// A reference that depends on some elements.
struct Of {
    shape: Vec<u64>,
    meant: Vec<bool>,
    left: usize,
}

impl Reference for Of {
    fn depends(&mut self, _: usize, asked: &[Ranges]) -> Option<bool> {
        self.left = self.left.checked_sub(1)?;
        let mut depends = false;
        for ranges in asked {
            boxes::for_each(&self.shape, ranges, |at| depends |= self.meant[at as usize]);
        }
        Some(depends)
    }
    fn depends_elsewhere(&mut self, _: usize, _: &Ranges) -> Option<bool> {
        Some(false)
    }
    fn without(&mut self, _: usize, _: &[Ranges]) -> Option<f64> {
        None
    }
}

/// Pictures of an input, by row: what is taken and what is meant.
fn found(taken: &str, meant: &str, left: usize) -> Option<Found> {
    let rows: Vec<&str> = taken.split_whitespace().collect();
    let shape = vec![rows.len() as u64, rows[0].len() as u64];
    let is_set =
        |text: &str| text.chars().filter(|c| !c.is_whitespace()).map(|c| c == '#').collect::<Vec<_>>();
    let ways: Vec<Ways> =
        is_set(taken).iter().map(|is_set| if *is_set { Ways::ONCE } else { Ways::NONE }).collect();
    differences(0, &shape, &Reach::of(ways), &mut Of { meant: is_set(meant), shape: shape.clone(), left })
}

fn one(rows: [u64; 2], columns: [u64; 2]) -> Ranges {
    vec![rows, columns]
}

#[test]
fn differences_are_boxes_of_what_is_taken_and_meant() {
    let same = |picture| assert_eq!(found(picture, picture, 100), Some(Found::default()), "{picture}");
    same(".... .##. .##. ....");
    same("#### ....");
    same("#... .... #...");
    same(".... ....");
    let missing = |taken, meant| found(taken, meant, 200).unwrap().missing;
    assert_eq!(missing("#### .... ....", "#### #### ...."), [one([1, 2], [0, 4])]);
    assert_eq!(missing(".... ....", ".... .###"), [one([1, 2], [1, 4])]);
    let foreign = |taken, meant| found(taken, meant, 200).unwrap().foreign;
    assert_eq!(foreign("#### #### ....", "#### .... ...."), [one([1, 2], [0, 4])]);
    assert_eq!(foreign(".... .###", ".... ...."), [one([1, 2], [1, 4])]);
    let displaced = |taken, meant| found(taken, meant, 200).map(|it| it.whole.or(it.pair)).unwrap();
    // Off by one, a wrong tile, and a wrong page between right ones.
    assert_eq!(
        displaced(".... #### #### ####", "#### #### #### ...."),
        Some((one([1, 4], [0, 4]), one([0, 3], [0, 4])))
    );
    assert_eq!(displaced("..## ..##", "##.. ##.."), Some((one([0, 2], [2, 4]), one([0, 2], [0, 2]))));
    assert_eq!(
        displaced("##.. .... ##.. ....", "##.. .... .... ##.."),
        Some((one([2, 3], [0, 2]), one([3, 4], [0, 2])))
    );
    assert_eq!(found("#### ....", ".... ####", 3), None);
}

#[test]
fn what_is_taken_more_often_than_usual_is_told() {
    let ways = |times: &[u32]| -> Vec<Ways> {
        let one = |&times: &u32| {
            let mut ways = Ways::NONE;
            (0..times).for_each(|_| ways.add(Ways::ONCE));
            ways
        };
        times.iter().map(one).collect()
    };
    let told = |own: &[u32], right: Option<&[u32]>| {
        let right = right.map(|right| Reach::of(ways(right)));
        repeated(&[own.len() as u64], &Reach::of(ways(own)), right.as_ref())
    };
    assert_eq!(told(&[1, 1, 1, 0], None), None);
    assert_eq!(told(&[1, 2, 2, 1, 1], None), Some((1, vec![(vec![[1, 3]], 2)])));
    // Half of them twice: once is usual.
    assert_eq!(told(&[1, 2], None), Some((1, vec![(vec![[1, 2]], 2)])));
    // A residual: others take one element more often, too.
    assert_eq!(told(&[4, 3, 3, 3], Some(&[3, 4, 3, 3])), None);
    assert_eq!(told(&[2, 2], Some(&[1, 1])), Some((1, vec![(vec![[0, 2]], 2)])));
}
