//! The host's side of `guard/1`, through the wall itself: a guard that does what the input says to the host. Whatever that
//! is, the run ends in a named outcome, the same one each time, and a verdict is one by the rules.

use std::sync::{Arc, OnceLock};

use parapet_domain::{Budget, FailureKind, Outcome, Verdict, redact};
use parapet_sandbox::{
    BuilderCommand, GuardCode, Language, LoadedGuard, Run, Sandbox, ToolCode, ToolLibrary, ToolParam, ToolType,
};
use parapet_toolbox::ToolConfig;
use serde_json::Value;

use crate::verdicts::is_verdict;

/// Wide, so that no run ends by the clock, however slow the machine is.
const BUDGET: Budget = Budget { fuel: 1_000_000, memory_bytes: 2 << 20, deadline_ms: 60_000, output_bytes: 3_000 };
/// The parts that edits are checked against.
const PARTS: [&str; 3] = ["ten chärs!", "", "a😀b"];
/// Memory of the guard before it grows, in bytes.
const MEMORY: u64 = 64 << 10;

pub(crate) fn check(data: &[u8]) {
    // More would not fit the guard's memory.
    let data = &data[..data.len().min(16_000)];
    let chars = PARTS.map(|text| text.chars().count());
    let run = run(data, &chars);
    let again = self::run(data, &chars);
    assert_eq!((&run.outcome, run.fuel_used), (&again.outcome, again.fuel_used), "a run left something behind");
    assert!(run.fuel_used <= BUDGET.fuel, "{} of fuel were used", run.fuel_used);
    match &run.outcome {
        Outcome::Verdict(verdict) => assert_sound(verdict, &chars),
        Outcome::Failure(failure) => {
            use FailureKind as K;
            let expected =
                [K::OutOfFuel, K::OutOfMemory, K::Trapped, K::BadOutput, K::ToolFailed].contains(&failure.kind);
            assert!(expected && failure.message.chars().count() <= 300, "{failure:?}");
        }
    }
    if let Some(expected) = expected(data, &chars) {
        assert_eq!(matches!(run.outcome, Outcome::Verdict(_)), expected, "{:?}", run.outcome);
        let is_bad = matches!(&run.outcome, Outcome::Failure(failure) if failure.kind == FailureKind::BadOutput);
        assert!(expected || is_bad, "{:?}", run.outcome);
    }
}

/// Whether the input ends in a verdict, or else in a bad output, where that can be told without running it.
fn expected(data: &[u8], chars: &[usize]) -> Option<bool> {
    let number = |at: usize| Some(u64::from(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?)));
    match (data.len() % 32, data.first()) {
        (31 | 30 | 28, _) => Some(false),
        (_, Some(order)) if data.len() >= 9 && *order == 0 => {
            let (at, len) = (number(1)?, number(5)?);
            (len > BUDGET.output_bytes || at + len > MEMORY).then_some(false)
        }
        (_, Some(order)) if data.len() >= 9 && *order < 32 => None,
        _ if data.len() as u64 > BUDGET.output_bytes => Some(false),
        _ => is_verdict(data, chars),
    }
}

fn assert_sound(verdict: &Verdict, chars: &[usize]) {
    assert_eq!(verdict.complaint(chars), None);
    let written = serde_json::to_vec(verdict).unwrap();
    assert_eq!(serde_json::from_slice::<Verdict>(&written).unwrap(), *verdict, "a record does not read back");
    let merged = redact::merge(&verdict.edits);
    for (n, text) in PARTS.iter().enumerate() {
        assert_eq!(redact::apply(text, n, &merged), crate::painted::painted(text, n, &verdict.edits));
    }
}

fn run(input: &[u8], chars: &[usize]) -> Run {
    static WALL: OnceLock<(Sandbox, LoadedGuard)> = OnceLock::new();
    let (sandbox, guard) = WALL.get_or_init(|| {
        let mut config = parapet_test_sandbox::config(1);
        if let Some(program) = std::env::var_os("PARAPET_TEST_BUILDER") {
            config.builder = BuilderCommand { program: program.into(), arguments: Vec::new() };
        }
        let sandbox = Sandbox::new(config).expect("the sandbox starts");
        let guard = sandbox.build(&puppet()).expect("the guard builds");
        (sandbox, guard)
    });
    sandbox.run(guard, input, chars, &BUDGET)
}

fn puppet() -> GuardCode {
    let echo = ToolCode {
        name: "echo".to_owned(),
        params: vec![ToolParam { name: "answer".to_owned(), kind: ToolType::Any, doc: String::new(), optional: false }],
        returns: ToolType::Any,
        language: Language::Wasm,
        code: wat::parse_str(include_str!("echo.wat")).unwrap(),
        facts: Value::Null,
        tools: Vec::new(),
        tool_config: ToolConfig::default(),
        budget: BUDGET,
    };
    GuardCode {
        language: Language::Wasm,
        code: wat::parse_str(include_str!("puppet.wat")).unwrap(),
        facts: Value::Null,
        tools: vec!["find_pii".to_owned(), "echo".to_owned()],
        tool_config: ToolConfig::default(),
        library: ToolLibrary { granted: vec![Arc::new(echo)], others: Vec::new() },
    }
}
