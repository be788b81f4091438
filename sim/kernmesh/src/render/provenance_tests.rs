use super::*;

fn region(input: &str, ranges: &[[u64; 2]], ranks: &[u32]) -> Region {
    Region { input: input.to_owned(), ranges: ranges.to_vec(), ranks: ranks.to_vec() }
}

fn element(differences: Vec<Difference>, compared: Compared) -> Traced {
    let taken = |region, times| Taken { region, times, weight: None, gives: None };
    Traced {
        index: vec![0, 5],
        value: 1.0,
        oracle: 2.0,
        taken: vec![
            taken(region("x", &[[0, 1], [5, 6]], &[0]), 1),
            taken(region("x", &[[1, 2], [5, 6]], &[1]), 2),
            taken(region("k", &[[0, 4], [0, 8]], &[0, 1, 2, 3, 4]), 0),
        ],
        more_taken: 0,
        unwritten: 0,
        beside: None,
        differences,
        perhaps: Vec::new(),
        compared,
        complete: true,
    }
}

fn provenance_of(elements: Vec<Traced>) -> Provenance {
    let part = |rank, first, wrong| WrongPart {
        rank,
        op: rank.map(|_| 6),
        source: rank.map(|_| "sum.rs:7".to_owned()),
        ranges: vec![[first, first + 4], [0, 8]],
        wrong,
        of: 32,
        likeness: Vec::new(),
    };
    let wrong = vec![part(Some(1), 4, 32), part(None, 8, 5), part(Some(3), 12, 1)];
    Provenance {
        wrong,
        not_listed: 2,
        off_by_little: 0,
        elements,
        unused: vec![region("x", &[[9, 10], [0, 8]], &[])],
        more_unused: 0,
        by_value: true,
    }
}

#[test]
fn a_wrong_output_is_told_in_ten_lines() {
    let differences = vec![
        Difference::Missing { region: region("x", &[[3, 4], [5, 6]], &[3]) },
        Difference::Repeated { region: region("x", &[[1, 2], [5, 6]], &[1]), times: 2, usual: 1 },
        Difference::Displaced {
            taken: region("k", &[[1, 5], [0, 8]], &[0]),
            meant: region("k", &[[0, 4], [0, 8]], &[0]),
        },
    ];
    let found = provenance_of(vec![element(differences, Compared::Whole); 2]);
    let said = provenance("y", &found);
    let expected = "\
wrong      all 32 elements of y[4:8, 0:8], stored by rank 1 (sum.rs:7)
wrong      5 of 32 elements of y[8:12, 0:8], which nothing wrote; 3 elsewhere
why        y[0, 5] lacks x[3, 5] of rank 3
why        y[0, 5] takes x[1, 5] of rank 1 twice, and others once; 4 more with --json
made of    y[0, 5]: x[1, 5] of rank 1 twice; k[0:4, 0:8] of ranks 0, 1, 2 and 2 more through a
           function; x[0, 5] of rank 0 once
unused     x[9, 0:8] in no rank's share: no output takes it
";
    assert_eq!(said, expected);
}

#[test]
fn what_is_not_known_is_not_claimed() {
    let said = |compared| provenance("y", &provenance_of(vec![element(Vec::new(), compared)]));
    assert!(said(Compared::Whole).contains("computes something else"), "{}", said(Compared::Whole));
    for compared in [Compared::Partly, Compared::NoReference] {
        assert!(!said(compared).contains("why"), "{}", said(compared));
    }
    let cut =
        Traced { complete: false, unwritten: 3, taken: Vec::new(), ..element(Vec::new(), Compared::Partly) };
    let said = provenance("y", &provenance_of(vec![cut]));
    assert!(said.contains("y[0, 5] reads 3 elements that nothing wrote"), "{said}");
    assert!(said.contains("y[0, 5]: no input, as far as it was followed"), "{said}");
}

/// A page has all that the facts have, in the words of a terminal.
#[test]
fn a_page_has_room_for_all_of_it() {
    let lacks = |at| Difference::Missing { region: region("x", &[[at, at + 1], [5, 6]], &[at as u32]) };
    let takes =
        |times| Difference::Repeated { region: region("x", &[[1, 2], [5, 6]], &[1]), times, usual: 1 };
    let found = provenance_of(vec![element(vec![lacks(3), takes(2), takes(3)], Compared::Whole)]);
    let said = rows_of_page("y", &found);
    let labels: Vec<&str> = said.iter().map(|row| row.label).collect();
    assert_eq!(labels, ["wrong", "wrong", "wrong", "why", "why", "why", "made of", "unused"]);
    assert_eq!(said[2].text, "1 of 32 elements of y[12:16, 0:8], stored by rank 3 (sum.rs:7); 2 elsewhere");
    assert!(
        said.iter().all(|row| !row.text.contains('\n') && !row.text.contains("more with --json")),
        "{said:?}"
    );
    let shared: Vec<String> =
        provenance("y", &found).lines().filter(|line| line.starts_with("why")).map(str::to_owned).collect();
    assert_eq!(shared[0], format!("why        {}", said[3].text));
}
