//! A tool's script: the function that the interpreter calls is put under what the operator wrote, so that lines stay what
//! they are, and complaints about it are worded for who wrote the tool.

use parapet_abi::Complaint;

use super::ToolCode;

/// The script with the function that the interpreter calls. A text that the tool throws is its refusal of the arguments;
/// any other error stays what it is, with its position.
pub(super) fn with_entry(code: &ToolCode) -> Vec<u8> {
    let arguments: Vec<String> = (0..code.params.len()).map(|n| format!("event[{n}]")).collect();
    let entry = format!(
        "\nfn check(event) {{ try {{ let result = {}({}); return #{{\"ok\": result}}; }} catch (error) {{ if \
         type_of(error) == \"string\" {{ return #{{\"error\": error}}; }} throw; }} }}\n",
        code.name,
        arguments.join(", ")
    );
    [code.code.as_slice(), entry.as_bytes()].concat()
}

/// Complaints as they should read for a tool.
pub(super) fn reword(code: &ToolCode, complaints: Vec<Complaint>) -> Vec<Complaint> {
    let lines = u32::try_from(code.code.iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX);
    complaints.into_iter().map(|complaint| reword_one(code, lines, complaint)).collect()
}

fn reword_one(code: &ToolCode, lines: u32, complaint: Complaint) -> Complaint {
    let Complaint { line, column, message, help } = complaint;
    if line > lines {
        let name = &code.name;
        let params: Vec<&str> = code.params.iter().map(|param| param.name.as_str()).collect();
        if message.contains("`check`") {
            let message = "`check` is what the sandbox calls, and cannot be defined by a tool".to_owned();
            return Complaint { line: 0, column: 0, message, help: format!("rename it; guards call `{name}`") };
        }
        if message.contains(&format!("`{name}`")) {
            let message = format!("function `{name}` with {} parameters is missing", params.len());
            let help = format!("define `fn {name}({}) {{ … }}`, as `args` in tool.toml says", params.join(", "));
            return Complaint { line: 0, column: 0, message, help };
        }
        return Complaint { line: lines, column: 0, message, help };
    }
    let for_tool = |text: &str| {
        text.replace("guard.toml", "tool.toml")
            .replace("to this guard", "to this tool")
            .replace("in guards", "in tools")
    };
    Complaint { line, column, message: for_tool(&message), help: for_tool(&help) }
}
