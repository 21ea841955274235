//! The conversations: what people and their agent say to each other, in which no guard finds anything.

use serde_json::{Value, json};

const QUESTION: &str = "I am looking for something about the history of bridges, for a talk that I give at school next month. \
    It should explain why stone arches hold without mortar, and how the builders of the nineteenth century came to iron. Number ";
const ANSWER: &str = "There are several good books on the second floor, in the room to the left of the stairs. The one that most of our \
    younger readers like begins with a wooden plank over a stream; each chapter has a model that can be built from paper and string. \
    For the arches, take the volume with the grey cover: it shows stone by stone why the load holds the ring together. Number ";
const PAGE: &str = "Shelf 14, room 2. Bridges and how they are built, 212 pages, with drawings. Lent until the third of the month. Two copies \
    are in the reading room. Readers also took: arches, domes and vaults; a short history of iron; what the wind does to long roofs. Number ";

/// What the conversation is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Questions and answers.
    Talk,
    /// For each question a call of a tool, and what it gave back.
    Tools,
}

impl Shape {
    pub(crate) const ALL: [Self; 2] = [Self::Talk, Self::Tools];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::Tools => "talk and tools",
        }
    }
}

/// A request after `turns` messages, with the question of number `n` behind them.
pub(crate) fn request(shape: Shape, turns: usize, n: usize) -> Value {
    let mut messages = vec![json!({ "role": "system", "content": "You help the readers of a city library." })];
    let step = match shape {
        Shape::Talk => 2,
        Shape::Tools => 4,
    };
    for turn in 0..turns / step {
        messages.extend(exchange(shape, turn));
    }
    messages.push(json!({ "role": "user", "content": format!("{QUESTION}x{n}") }));
    json!({ "model": "m", "messages": messages })
}

fn exchange(shape: Shape, n: usize) -> Vec<Value> {
    let question = json!({ "role": "user", "content": format!("{QUESTION}{n}") });
    let answer = json!({ "role": "assistant", "content": format!("{ANSWER}{n}") });
    match shape {
        Shape::Talk => vec![question, answer],
        Shape::Tools => {
            let id = format!("call_{n}");
            let function =
                json!({ "name": "find_books", "arguments": json!({ "about": "bridges", "page": n }).to_string() });
            let call = json!({ "id": id, "type": "function", "function": function });
            let called = json!({ "role": "assistant", "content": null, "tool_calls": [call] });
            let result = json!({ "role": "tool", "tool_call_id": id, "content": format!("{PAGE}{n}") });
            vec![question, called, result, answer]
        }
    }
}
