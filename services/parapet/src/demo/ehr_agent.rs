//! The demo's hospital agent: it answers a question about patients by writing code against the records' tables.
//! Its API is its own JSON, so the sidecar reads it through a mapping of JSON Pointers.

use serde_json::{Value, json};

struct Answer {
    /// Phrase in the question.
    about: &'static str,
    knowledge: &'static str,
    code: &'static str,
    answer: &'static str,
}

const SCRIPT: &[Answer] = &[
    Answer {
        about: "allerg",
        knowledge: "Knowledge:\n- Allergies of a patient stay are in the allergy database.",
        code: "allergy_db = LoadDB('allergy')\n\
               filtered_allergy_db = FilterDB(allergy_db, 'patientunitstayid=2017')\n\
               answer = GetValue(filtered_allergy_db, 'allergyname')",
        answer: "penicillin",
    },
    Answer {
        about: "diagnos",
        knowledge: "Knowledge:\n- What a patient was diagnosed with is in the diagnosis database.",
        code: "diagnosis_db = LoadDB('diagnosis')\n\
               filtered_diagnosis_db = FilterDB(diagnosis_db, 'patientunitstayid=2017')\n\
               answer = GetValue(filtered_diagnosis_db, 'diagnosisname')",
        answer: "hypertension",
    },
];

/// Answers `{"question": …}` with the question, what the agent knows, its code and the result.
pub(crate) fn ask(request: &Value) -> Value {
    let question = request.get("question").and_then(Value::as_str).unwrap_or_default();
    let lower = question.to_lowercase();
    match SCRIPT.iter().find(|a| lower.contains(a.about)) {
        Some(a) => json!({ "question": question, "knowledge": a.knowledge, "code": a.code, "answer": a.answer }),
        None => json!({
            "question": question,
            "knowledge": "",
            "code": "",
            "answer": "the demo agent knows about allergies and diagnoses of patient stay 2017",
        }),
    }
}
