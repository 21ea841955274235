use super::*;

fn usage(input_tokens: u64, output_tokens: u64) -> Usage {
    Usage { input_tokens, output_tokens, estimated: false }
}

fn refused(meter: &Meter, guess: Usage, cost: Option<f64>) -> (Limit, String) {
    match meter.reserve(guess, cost) {
        Err(ModelError::BudgetSpent { which, detail }) => (which, detail),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("reserved"),
    }
}

#[test]
fn two_calls_at_once_cannot_pass_the_limit_together() {
    let meter = Meter::new(Budget { tokens: Some(1000), ..Budget::default() });
    let first = meter.reserve(usage(100, 500), None).unwrap();
    let (which, detail) = refused(&meter, usage(100, 500), None);
    assert_eq!(which, Limit::Tokens);
    assert_eq!(
        detail,
        "the budget of 1000 tokens is spent: 600 are used or under way, and the next call may take 600; raise it, or \
         lower `max_tokens`"
    );
    first.settle(usage(90, 20), None);
    assert_eq!(meter.spent(), Spent { calls: 1, usage: usage(90, 20), cost: 0.0 });
    assert!(meter.reserve(usage(100, 500), None).is_ok());
}

#[test]
fn a_lost_answer_counts_as_guessed_and_a_refused_one_not_at_all() {
    let meter = Meter::new(Budget { calls: Some(1), ..Budget::default() });
    meter.reserve(usage(10, 10), None).unwrap().release();
    assert_eq!(meter.spent(), Spent::default());
    drop(meter.reserve(Usage::guess(30, 30), None).unwrap());
    assert_eq!(meter.spent().usage, Usage { input_tokens: 10, output_tokens: 10, estimated: true });
    let (which, detail) = refused(&meter, usage(1, 1), None);
    assert_eq!((which, detail.as_str()), (Limit::Calls, "the budget of 1 calls is spent; raise it, or ask for less"));
}

#[test]
fn the_cost_has_a_limit_of_its_own() {
    let meter = Meter::new(Budget { cost: Some(0.05), ..Budget::default() });
    meter.reserve(usage(1, 1), Some(0.04)).unwrap().settle(usage(1, 1), Some(0.02));
    let (which, detail) = refused(&meter, usage(1, 1), Some(0.04));
    assert_eq!(which, Limit::Cost);
    assert!(
        detail
            .starts_with("the budget of 0.05 is spent: 0.0200 is used or under way, and the next call may cost 0.0400")
    );
    assert!(meter.reserve(usage(1, 1), Some(0.03)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn time_runs_from_the_making_of_the_meter() {
    let meter = Meter::new(Budget { seconds: Some(60), ..Budget::default() });
    tokio::time::advance(Duration::from_secs(59)).await;
    meter.reserve(usage(1, 1), None).unwrap().release();
    tokio::time::advance(Duration::from_secs(1)).await;
    let (which, detail) = refused(&meter, usage(1, 1), None);
    assert_eq!((which, detail.as_str()), (Limit::Time, "the time budget of 60 s is spent; raise it, or ask for less"));
}

#[test]
fn what_an_earlier_run_used_counts_against_the_budget() {
    let meter = Meter::new(Budget { tokens: Some(100), cost: Some(1.0), ..Budget::default() });
    meter.add(Spent { calls: 3, usage: usage(40, 30), cost: 0.5 });
    assert_eq!(refused(&meter, usage(20, 20), Some(0.1)).0, Limit::Tokens);
    assert_eq!(refused(&meter, usage(10, 10), Some(0.6)).0, Limit::Cost);
    meter.reserve(usage(10, 10), Some(0.1)).unwrap().settle(usage(5, 5), Some(0.1));
    assert_eq!((meter.spent().calls, meter.spent().usage), (4, usage(45, 35)));
}
