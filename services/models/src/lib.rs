//! Clients for model servers. Shared by guard generation and long-form writing, so that there is no second client.
