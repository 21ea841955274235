//! The protocols of model servers, as one closed list: what the gateway asks of each of them.

use parapet_domain::Surface;

use crate::{ParsedBody, StreamAnswer, SurfaceError, anthropic_messages, openai_chat, openai_responses};

/// A protocol that a model server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModelApi {
    /// OpenAI chat completions.
    OpenaiChat,
    /// OpenAI Responses.
    OpenaiResponses,
    /// Anthropic Messages.
    AnthropicMessages,
}

impl ModelApi {
    /// The protocol's name in events, records and the configuration.
    #[must_use]
    pub const fn surface(self) -> Surface {
        match self {
            Self::OpenaiChat => Surface::OpenaiChat,
            Self::OpenaiResponses => Surface::OpenaiResponses,
            Self::AnthropicMessages => Surface::AnthropicMessages,
        }
    }

    /// The path that clients of the protocol use unless they are told another one.
    #[must_use]
    pub const fn default_path(self) -> &'static str {
        match self {
            Self::OpenaiChat => "/v1/chat/completions",
            Self::OpenaiResponses => "/v1/responses",
            Self::AnthropicMessages => "/v1/messages",
        }
    }

    /// Where the conversation stands in a request.
    #[must_use]
    pub const fn conversation(self) -> &'static str {
        match self {
            Self::OpenaiChat | Self::AnthropicMessages => "/messages",
            Self::OpenaiResponses => "/input",
        }
    }

    /// Whether a streamed answer that is held for as long as there is room can go on in windows. The last event of a response repeats it, so
    /// one that has no room in the beginning has none in the end.
    #[must_use]
    pub const fn can_overflow(self) -> bool {
        match self {
            Self::OpenaiChat | Self::AnthropicMessages => true,
            Self::OpenaiResponses => false,
        }
    }

    /// Takes a request apart.
    ///
    /// # Errors
    /// The body is no acceptable JSON, no request of the protocol, or over a limit of [`crate::limits`].
    pub fn parse_request(self, body: &[u8]) -> Result<ParsedBody, SurfaceError> {
        match self {
            Self::OpenaiChat => openai_chat::parse_request(body),
            Self::OpenaiResponses => openai_responses::parse_request(body),
            Self::AnthropicMessages => anthropic_messages::parse_request(body),
        }
    }

    /// Takes an answer apart: what the model said, or the error that a server sends instead.
    ///
    /// # Errors
    /// The body is no acceptable JSON, neither answer nor error of the protocol, or over a limit of [`crate::limits`].
    /// The text may repeat keys of the body, so it is for the log and not for the caller.
    pub fn parse_answer(self, body: &[u8]) -> Result<ParsedBody, SurfaceError> {
        match self {
            Self::OpenaiChat => openai_chat::parse_answer(body),
            Self::OpenaiResponses => openai_responses::parse_answer(body),
            Self::AnthropicMessages => anthropic_messages::parse_answer(body),
        }
    }

    /// A streamed answer that is about to come in, of at most `max_bytes`.
    #[must_use]
    pub fn stream(self, max_bytes: usize) -> StreamAnswer {
        StreamAnswer::new(self, max_bytes)
    }

    /// The server-sent events that tell `answer`, the end included.
    ///
    /// # Errors
    /// `answer` is no answer of the protocol.
    pub fn replay(self, answer: &[u8]) -> Result<Vec<u8>, SurfaceError> {
        match self {
            Self::OpenaiChat => openai_chat::replay(answer),
            Self::OpenaiResponses => openai_responses::replay(answer),
            Self::AnthropicMessages => anthropic_messages::replay(answer),
        }
    }
}
