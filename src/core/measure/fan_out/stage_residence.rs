//! Where messages and invocations stayed and for how long, by the lines that the function logged of them.

use std::collections::BTreeMap;

use crate::fan_out::copy_record::CopyRecord;

/// From when to when, in seconds since the epoch that was named.
pub type StageInterval = (f64, f64);

/// The stays at every stage behind the publisher.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StageResidences {
    /// From the publisher to the topic, or to the queue behind it.
    pub delivery: Vec<StageInterval>,
    /// From there, or from a try that failed, to the next try.
    pub queued: Vec<StageInterval>,
    /// Invocations, each of which may work on several messages.
    pub function: Vec<StageInterval>,
    /// Requests to S3.
    pub copy: Vec<StageInterval>,
}

impl StageResidences {
    /// Reads the stays off the lines; `epoch_s` is in seconds since 1970.
    #[must_use]
    pub fn of(lines: &[CopyRecord], epoch_s: f64) -> Self {
        let since = |(from_s, to_s): StageInterval| (from_s - epoch_s, to_s - epoch_s);
        let mut stays = Self {
            function: invocations(lines).map(since).collect(),
            copy: lines.iter().map(|line| since((line.started_s, line.ended_s))).collect(),
            ..Self::default()
        };
        for tries in tries(lines).values() {
            let Some(queued_s) = tries.first().and_then(|first| first.queued_s) else { continue };
            let sent_s = tries.iter().find_map(|line| line.sent_s);
            stays.delivery.extend(sent_s.map(|sent_s| since((sent_s, queued_s))));
            let mut waits_from_s = queued_s;
            for (number, line) in tries.iter().enumerate() {
                // A queue hands a message out again before its try has ended where that takes too long.
                let from_s = if number == 0 { waits_from_s } else { waits_from_s.min(line.received_s) };
                stays.queued.push(since((from_s, line.received_s)));
                waits_from_s = line.ended_s;
            }
        }
        stays
    }
}

fn invocations(lines: &[CopyRecord]) -> impl Iterator<Item = StageInterval> {
    let mut calls: BTreeMap<&str, StageInterval> = BTreeMap::new();
    for line in lines {
        let call = calls.entry(&line.request_id).or_insert((line.received_s, line.ended_s));
        *call = (call.0.min(line.received_s), call.1.max(line.ended_s));
    }
    calls.into_values()
}

/// The tries of each message in their order. A message that was published twice is two, with a time each.
fn tries(lines: &[CopyRecord]) -> BTreeMap<(Option<u64>, u64), Vec<&CopyRecord>> {
    let mut messages: BTreeMap<_, Vec<&CopyRecord>> = BTreeMap::new();
    for line in lines {
        let Some(queued_s) = line.queued_s else { continue };
        messages.entry((line.n, queued_s.to_bits())).or_default().push(line);
    }
    messages.values_mut().for_each(|tries| tries.sort_by(|a, b| a.received_s.total_cmp(&b.received_s)));
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(n: u64, queued_s: f64, [received_s, ended_s]: [f64; 2], request_id: &str) -> CopyRecord {
        CopyRecord {
            sent_s: Some(queued_s - 0.5),
            queued_s: Some(queued_s),
            request_id: request_id.into(),
            ..CopyRecord::of_object(n, received_s, ended_s)
        }
    }

    #[test]
    fn a_message_that_comes_again_was_delivered_once_and_waited_between_its_tries() {
        let lines = [
            line(0, 101.0, [104.0, 106.0], "b"),
            line(0, 101.0, [102.0, 103.0], "a"),
            line(1, 101.0, [102.0, 105.0], "a"),
        ];
        let stays = StageResidences::of(&lines, 100.0);
        assert_eq!(stays.delivery, [(0.5, 1.0), (0.5, 1.0)]);
        assert_eq!(stays.queued, [(1.0, 2.0), (3.0, 4.0), (1.0, 2.0)]);
        assert_eq!(stays.function, [(2.0, 5.0), (4.0, 6.0)], "one invocation had two messages");
        assert_eq!(stays.copy.len(), 3);
    }

    #[test]
    fn a_message_that_was_published_twice_was_delivered_twice() {
        let lines = [line(0, 1.0, [2.0, 3.0], "a"), line(0, 1.5, [2.5, 4.0], "b")];
        let stays = StageResidences::of(&lines, 0.0);
        assert_eq!(stays.delivery, [(0.5, 1.0), (1.0, 1.5)]);
        assert_eq!(stays.queued, [(1.0, 2.0), (1.5, 2.5)]);
    }

    #[test]
    fn a_message_that_comes_again_during_its_try_did_not_wait() {
        let lines = [line(0, 1.0, [2.0, 9.0], "a"), line(0, 1.0, [5.0, 8.0], "b")];
        assert_eq!(StageResidences::of(&lines, 0.0).queued, [(1.0, 2.0), (5.0, 5.0)]);
    }
}
