use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

fn listed(key: &str) -> ListedObject {
    ListedObject { key: key.to_owned(), size_bytes: key.len() as u64, etag: None, modified_ns: None }
}

/// Feeds both sides in pages of the given length, and gives what comes out with the most that waited.
fn joined(sides: [&[ListedObject]; 2], page: usize) -> Result<(Vec<Joined>, usize), Disorder> {
    let mut join = Join::default();
    let mut pages = sides.map(|side| side.chunks(page));
    let mut all = Vec::new();
    let mut most_waiting = 0;
    loop {
        match join.next_step() {
            JoinStep::Joined(one) => all.push(one),
            JoinStep::Need(side) => match pages[side as usize].next() {
                Some(page) => assert_eq!(join.push(side, page.iter().cloned())?, 0),
                None => join.end(side),
            },
            JoinStep::Done => return Ok((all, most_waiting)),
        }
        most_waiting = most_waiting.max(join.source.waiting.len() + join.destination.waiting.len());
    }
}

proptest! {
    #[test]
    fn every_key_comes_once_in_order_whatever_the_pages(
        source in prop::collection::btree_set("[a-c+ é\n]{0,4}", 0..40),
        destination in prop::collection::btree_set("[a-c+ é\n]{0,4}", 0..40),
        page in 1usize..7,
    ) {
        let side = |keys: &BTreeSet<String>| keys.iter().map(|key| listed(key)).collect::<Vec<_>>();
        let (all, most_waiting) = joined([&side(&source), &side(&destination)], page).unwrap();
        let expected: BTreeMap<&String, [bool; 2]> = source
            .union(&destination)
            .map(|key| (key, [source.contains(key), destination.contains(key)]))
            .collect();
        let seen: Vec<(&str, [bool; 2])> = all
            .iter()
            .map(|one| (one.key(), [!matches!(one, Joined::Extra(_)), !matches!(one, Joined::Missing(_))]))
            .collect();
        prop_assert!(expected.iter().map(|(key, sides)| (key.as_str(), *sides)).eq(seen));
        prop_assert!(most_waiting <= 2 * page, "{most_waiting} keys waited with pages of {page}");
    }

    #[test]
    fn a_merge_goes_on_where_another_one_stopped(
        keys in prop::collection::btree_set("[a-d]{1,3}", 2..40),
        cut in 0usize..40,
    ) {
        let side: Vec<ListedObject> = keys.iter().map(|key| listed(key)).collect();
        let cut = cut % side.len();
        let mut join = Join::after(Some(&side[cut].key));
        prop_assert_eq!(join.push(ListingSide::Source, side[cut..].iter().cloned()), Ok(1));
        prop_assert_eq!(join.push(ListingSide::Destination, side[cut + 1..].iter().cloned()), Ok(0));
        join.end(ListingSide::Source);
        join.end(ListingSide::Destination);
        let mut seen = 0;
        while let JoinStep::Joined(one) = join.next_step() {
            prop_assert!(matches!(one, Joined::Both(..)));
            seen += 1;
        }
        prop_assert_eq!(seen, side.len() - cut - 1);
    }
}

#[test]
fn a_listing_out_of_order_is_an_error_and_a_repeated_key_is_counted() {
    let [a, b] = ["a", "b"].map(listed);
    let error = joined([&[b.clone(), a.clone()], &[]], 1).unwrap_err();
    assert_eq!(error.to_string(), "the listing of the source is out of order: `a` comes after `b`");
    let mut join = Join::default();
    assert_eq!(join.push(ListingSide::Destination, [a.clone(), a.clone(), b]), Ok(1));
    join.end(ListingSide::Source);
    join.end(ListingSide::Destination);
    assert_eq!(join.next_step(), JoinStep::Joined(Joined::Extra(a)));
}

/// S3 orders keys by the bytes of their UTF-8 form, which is not how UTF-16 would order them.
#[test]
fn keys_are_ordered_by_their_bytes() {
    let side = ["\u{ff5e}", "\u{10000}"].map(listed);
    assert_eq!(joined([&side, &side], 1).unwrap().0.len(), 2);
}
