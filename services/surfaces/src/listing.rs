//! The list of what no guard will see, and the stable words for the reasons.

use parapet_domain::fold::NotInspected;

use crate::limits::{MAX_LISTED, MAX_POINTER_BYTES};

/// An image, by URL or inline.
pub const IMAGE: &str = "image";
/// Sound, inline or by id.
pub const AUDIO: &str = "audio";
/// A video.
pub const VIDEO: &str = "video";
/// A file, inline or by id.
pub const FILE: &str = "file";
/// Log probabilities, with the alternatives that were not chosen, and token ids: they repeat the content token by token.
pub const LOGPROBS: &str = "logprobs";
/// Encrypted by the model's provider, which alone can read it, such as a hidden chain of thought.
pub const ENCRYPTED: &str = "encrypted";
/// Kept by the provider and only named here, such as an earlier conversation.
pub const STORED_ELSEWHERE: &str = "stored_elsewhere";
/// A field that the surface does not know, or that the route does not map.
pub const UNMAPPED_FIELD: &str = "unmapped_field";
/// A key under a `*` of the route's mapping that is no plain word and so may be content itself.
pub const OBJECT_KEY: &str = "object_key";
/// The whole body of a request, which the proxy that asks did not send along.
pub const NO_BODY: &str = "no_body";
/// The list reached its limit: stands for everything after it.
pub const MORE_NOT_LISTED: &str = "more_not_listed";

/// Every reason with what it means.
pub const REASONS: &[(&str, &str)] = &[
    (IMAGE, "an image, by URL or inline"),
    (AUDIO, "sound, inline or by id"),
    (VIDEO, "a video"),
    (FILE, "a file, inline or by id"),
    (LOGPROBS, "log probabilities or token ids, which repeat the content token by token"),
    (ENCRYPTED, "encrypted by the model's provider, which alone can read it, such as hidden thoughts"),
    (STORED_ELSEWHERE, "kept by the model's provider and only named in the body, such as an earlier conversation"),
    (UNMAPPED_FIELD, "a field that the surface does not know or the route does not map"),
    (OBJECT_KEY, "a key under a `*` of the mapping that is no plain word and so may be content itself"),
    (NO_BODY, "the body of a request that a proxy asks about, which it did not send along, or which is empty"),
    (MORE_NOT_LISTED, "the list is full; this entry stands for everything after it"),
];

/// A bounded list that keeps counting.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    items: Vec<NotInspected>,
    total: usize,
}

impl Listing {
    /// Lists the value under `key` of `parent`.
    pub(crate) fn add(&mut self, parent: &str, key: &str, reason: &str) {
        self.add_at(&crate::pointer::child(parent, key), parent, reason);
    }

    /// Lists the value at `pointer`; where that is too long to be kept, its parent, which covers it.
    pub(crate) fn add_at(&mut self, pointer: &str, parent: &str, reason: &str) {
        self.total += 1;
        if self.items.len() < MAX_LISTED {
            let pointer = if pointer.len() > MAX_POINTER_BYTES { parent } else { pointer };
            self.items.push(NotInspected { pointer: pointer.to_owned(), reason: reason.to_owned() });
        }
    }

    /// Whether nothing is listed so far.
    pub(crate) const fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The entries and how many there would be without the limit.
    pub(crate) fn finish(mut self) -> (Vec<NotInspected>, usize) {
        if self.total > self.items.len() {
            self.items.push(NotInspected { pointer: String::new(), reason: MORE_NOT_LISTED.to_owned() });
        }
        (self.items, self.total)
    }
}
