//! Asks a model one question: `PARAPET_MODEL_URL=… PARAPET_MODEL_NAME=… ask [--json | --schema FILE] [--way WAY]
//! [--record FOLDER] [--replay FOLDER] QUESTION`. Prints the answer, and what it took. `--json` asks for a small object;
//! WAY is `json_schema`, `json_object`, `grammar` or `text`.
#![expect(clippy::print_stdout, reason = "it is there to print")]

use std::error::Error;

use parapet_models::{Meter, ModelClient, ModelConfig, Prompt, Structured};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut config = ModelConfig::from_env()?.ok_or("set PARAPET_MODEL_URL and PARAPET_MODEL_NAME")?;
    let mut prompt = Prompt { max_tokens: Some(200), temperature: Some(0.0), seed: Some(1), ..Prompt::user("") };
    let (mut words, mut record, mut replay) = (Vec::new(), None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => prompt = prompt.with_json("answer", schema()),
            "--schema" => prompt = prompt.with_json("answer", schema_in(arguments.next())?),
            "--way" => config.structured = way(arguments.next().as_deref())?,
            "--record" => record = arguments.next(),
            "--replay" => replay = arguments.next(),
            _ => words.push(argument),
        }
    }
    for message in &mut prompt.messages {
        message.text = words.join(" ");
    }
    let client = match (record, replay) {
        (Some(folder), _) => ModelClient::recording(config, folder.as_ref())?,
        (None, Some(folder)) => ModelClient::replaying(config, folder.as_ref())?,
        (None, None) => ModelClient::new(config)?,
    };
    let completion = client.complete(&prompt, &Meter::unlimited()).await?;
    println!("{}", completion.text);
    println!("{:?}, {:?}, way {:?}, model {}", completion.finish, completion.usage, completion.rung, completion.model);
    println!("{} attempts, {:.2} s, {}", completion.attempts, completion.seconds, prompt.digest());
    Ok(())
}

fn schema() -> serde_json::Value {
    json!({
        "type": "object", "required": ["verdict", "reason"], "additionalProperties": false,
        "properties": {"verdict": {"enum": ["allow", "deny"]}, "reason": {"type": "string", "maxLength": 200}},
    })
}

fn schema_in(file: Option<String>) -> Result<serde_json::Value, Box<dyn Error>> {
    let text = std::fs::read_to_string(file.ok_or("`--schema` needs a file")?)?;
    Ok(serde_json::from_str(&text)?)
}

fn way(name: Option<&str>) -> Result<Structured, Box<dyn Error>> {
    Ok(serde_json::from_value(json!(name.ok_or("`--way` needs a name")?))?)
}
