//! Asks a model one question: `PARAPET_MODEL_URL=… PARAPET_MODEL_NAME=… ask [--json] [--way WAY] QUESTION`. Prints the
//! answer, and what it took. `--json` asks for a small object; WAY is `json_schema`, `json_object`, `grammar` or `text`.
#![expect(clippy::print_stdout, reason = "it is there to print")]

use std::error::Error;

use parapet_models::{Meter, ModelClient, ModelConfig, Prompt, Structured};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut config = ModelConfig::from_env()?.ok_or("set PARAPET_MODEL_URL and PARAPET_MODEL_NAME")?;
    let mut prompt = Prompt { max_tokens: Some(200), temperature: Some(0.0), seed: Some(1), ..Prompt::user("") };
    let mut words = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => prompt = prompt.with_json("answer", schema()),
            "--way" => config.structured = way(arguments.next().as_deref())?,
            _ => words.push(argument),
        }
    }
    for message in &mut prompt.messages {
        message.text = words.join(" ");
    }
    let (client, meter) = (ModelClient::new(config)?, Meter::unlimited());
    let completion = client.complete(&prompt, &meter).await?;
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

fn way(name: Option<&str>) -> Result<Structured, Box<dyn Error>> {
    Ok(serde_json::from_value(json!(name.ok_or("`--way` needs a name")?))?)
}
