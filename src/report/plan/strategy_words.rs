//! Ways of copying in words: what they are called, their settings, what to know of them, and which stand out.

use planner_core::units::human::{count, counted, duration, number, percent, rate, usd};
use planner_core::units::quantity::Bytes;
use planner_plan::caveat::Caveat;
use planner_plan::strategies_document::{Strategies, Strategy, StrategyKind};

/// What a way is called.
pub(super) fn name(strategy: &StrategyKind) -> &'static str {
    match strategy {
        StrategyKind::Loop => "for loop",
        StrategyKind::Pool { .. } => "pool",
        StrategyKind::NestedPools { .. } => "pools in a pool",
        StrategyKind::OneFunction { .. } => "one function",
        StrategyKind::RentedMachine { .. } => "rented machine",
        StrategyKind::FanOutUnpaced { .. } => "fan-out unpaced",
        StrategyKind::FanOutPaced { .. } => "fan-out paced",
        StrategyKind::FanOutQueued { .. } => "fan-out queued",
        StrategyKind::BatchOperations => "Batch Operations",
    }
}

/// Its settings.
pub(super) fn setting(strategy: &StrategyKind) -> String {
    let reserve = |reserved: u32| match reserved {
        0 => "nothing to reserve".to_owned(),
        reserved => format!("reserve {}", count(u64::from(reserved))),
    };
    match *strategy {
        StrategyKind::Loop => "1 worker".into(),
        StrategyKind::Pool { threads } => counted(threads, "thread"),
        StrategyKind::NestedPools { pools, threads } => {
            format!("{} of {}", counted(pools, "pool"), counted(threads, "thread"))
        }
        StrategyKind::OneFunction { threads, memory_mb } => {
            format!("{} in {memory_mb} MB", counted(threads, "thread"))
        }
        StrategyKind::RentedMachine { threads, usd_per_hour } => {
            let price = usd_per_hour.map(|each| format!(" at {} an hour", usd(each))).unwrap_or_default();
            counted(threads, "thread") + &price
        }
        StrategyKind::FanOutUnpaced { threads, reserved } => {
            format!("{} publish, {}", counted(threads, "thread"), reserve(reserved))
        }
        StrategyKind::FanOutPaced { rate_per_s, reserved } => {
            format!("publish {}, {}", rate(rate_per_s), reserve(reserved))
        }
        StrategyKind::FanOutQueued { maximum_concurrency } => {
            format!("maximum concurrency {}", count(u64::from(maximum_concurrency)))
        }
        StrategyKind::BatchOperations => "1 job of S3 Batch Operations".into(),
    }
}

/// What breaks, or what to know.
pub(super) fn breaks(strategy: &Strategy) -> String {
    strategy.caveats.iter().map(caveat).collect::<Vec<_>>().join("; ")
}

fn caveat(caveat: &Caveat) -> String {
    match *caveat {
        Caveat::OneAfterTheOther { copy_s } => {
            format!("one copy of {} after the other; what stops it stops everything", duration(copy_s))
        }
        Caveat::OneProcess => "one process: what stops it stops everything".into(),
        Caveat::NeedsNoBandwidth => "S3 copies without it: it needs threads, not bandwidth".into(),
        Caveat::Connections { threads, beyond_open_files } => {
            let files = beyond_open_files
                .map(|usual| format!(", and open files beyond the usual {}", count(usual)))
                .unwrap_or_default();
            format!("let the SDK keep {}{files}", counted(threads, "connection"))
        }
        Caveat::PriceUnknown => "its price is not in the cost: give --machine-usd-per-hour".into(),
        Caveat::IdlePools { busy, threads, one_pool_s } => format!(
            "{} of {} copy on average, the others wait in pools whose objects are done: one pool of as many takes {}",
            number(busy),
            counted(threads, "thread"),
            duration(one_pool_s)
        ),
        Caveat::WouldBeCutOff { timeout_s } => {
            format!("a job that takes longer than {} would be cut off", duration(timeout_s))
        }
        Caveat::CutOff { timeout_s, copied, in_turn } => {
            let turns = in_turn
                .map(|turns| format!(" (about {} in turn, each over what is left, do it)", count(turns)))
                .unwrap_or_default();
            format!("cut off after {} with {} copied{turns}", duration(timeout_s), percent(copied))
        }
        Caveat::MostThreads { most } => {
            format!("a function has at most {} threads", count(u64::from(most)))
        }
        Caveat::LittleCpu { memory_mb, share } => {
            format!("{memory_mb} MB come with {} of a CPU for all threads", percent(share))
        }
        Caveat::BackOff { published_s, longest_s } => format!(
            "published in {}; what is throttled waits in back-off, up to {} each time: it needs a pace, not more \
             concurrency",
            duration(published_s),
            duration(longest_s)
        ),
        Caveat::FitsAtOnce { objects } => {
            format!("nothing is throttled: {} fit into today's limits at once", counted(objects, "object"))
        }
        Caveat::StillThrottled { throttles } => {
            format!("{} throttled all the same: publish more slowly or reserve more", number(throttles))
        }
        Caveat::PublishingTakes { published_s, account_concurrency } => {
            let published = duration(published_s);
            account_concurrency.map_or_else(
                || format!("publishing takes {published}, and nothing is throttled"),
                |concurrency| {
                    format!(
                        "publishing takes {published}: raise the account's concurrency above {} to publish faster",
                        count(u64::from(concurrency))
                    )
                },
            )
        }
        Caveat::QueueGrows { first, per_min, growth_s, wanted } => format!(
            "messages wait in the queue and none is throttled; it begins with {first} copies at once and adds \
             {per_min} a minute: {} until {}",
            duration(growth_s),
            count(wanted)
        ),
        Caveat::Unpublished { messages } => {
            format!("the topic refuses {} messages too often", number(messages))
        }
        Caveat::TimedOut { copies, timeout_s } => {
            format!("{} copies are cut off after {}", number(copies), duration(timeout_s))
        }
        Caveat::NotCopied { share } => format!("{} of the objects are not copied", percent(share)),
        Caveat::TimeUnknown => {
            "when it is done is not known: AWS decides; it needs a manifest and a role, and writes a report"
                .into()
        }
        Caveat::TooLarge { objects, largest_bytes } => {
            format!("{} above {} must be copied otherwise", counted(objects, "object"), Bytes(largest_bytes))
        }
    }
}

/// How many ways are in time, and which are the fastest and the cheapest.
pub(super) fn title(comparison: &Strategies) -> String {
    let deadline_s = comparison.preface.job.deadline_s;
    let has_deadline = deadline_s > 0.0;
    let is_kept = |strategy: &&Strategy| {
        strategy.finish_p99_s.is_some() && (!has_deadline || strategy.meets_the_deadline())
    };
    let kept: Vec<&Strategy> = comparison.strategies.iter().filter(is_kept).collect();
    let Some(fastest) = fastest(&kept) else {
        let done: Vec<&Strategy> = comparison.strategies.iter().collect();
        let nearest = self::fastest(&done).filter(|strategy| strategy.finish_p99_s.is_some());
        let nearest = nearest.map_or_else(String::new, |strategy| {
            format!("; nearest {}, {}", name(&strategy.strategy), finish(strategy))
        });
        return match has_deadline {
            true => format!("no way is done within {}{nearest}", duration(deadline_s)),
            false => "no way copies all of it".into(),
        };
    };
    let cheapest = kept.iter().copied().min_by(|a, b| key(a).total_cmp(&key(b)).then(order(a, b)));
    let in_time = match has_deadline {
        true => format!(
            "{} of {} ways within {}; ",
            kept.len(),
            comparison.strategies.len(),
            duration(deadline_s)
        ),
        false => String::new(),
    };
    let cheapest = cheapest.filter(|strategy| strategy.strategy != fastest.strategy).map_or_else(
        || format!(", also cheapest, {}", usd(fastest.cost_usd)),
        |strategy| format!("; cheapest {}, {}", name(&strategy.strategy), usd(strategy.cost_usd)),
    );
    format!("{in_time}fastest {}, {}{cheapest}", name(&fastest.strategy), finish(fastest))
}

fn fastest<'a>(strategies: &[&'a Strategy]) -> Option<&'a Strategy> {
    strategies.iter().copied().min_by(|a, b| order(a, b))
}

fn order(a: &Strategy, b: &Strategy) -> std::cmp::Ordering {
    let finish_s = |strategy: &Strategy| strategy.finish_p99_s.unwrap_or(f64::INFINITY);
    finish_s(a).total_cmp(&finish_s(b))
}

/// Costs that print alike are alike.
fn key(strategy: &Strategy) -> f64 {
    (strategy.cost_usd * 100.0).round()
}

fn finish(strategy: &Strategy) -> String {
    strategy.finish_p99_s.map_or_else(|| "never".into(), |finish_s| format!("p99 {}", duration(finish_s)))
}
