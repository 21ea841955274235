//! Times as Postgres keeps them: `timestamptz`, on the wire whole microseconds since 2000.

use parapet_domain::Timestamp;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

use crate::row::At;

/// Fixed numbers of the built-in types, from the server's `pg_type.dat`.
const TIMESTAMPTZ: PgTypeInfo = PgTypeInfo::with_oid(Oid(1184));
const TIMESTAMPTZ_ARRAY: PgTypeInfo = PgTypeInfo::with_oid(Oid(1185));
/// 2000-01-01T00:00:00Z in microseconds since 1970.
const EPOCH_2000: i64 = 946_684_800_000_000;

impl Type<Postgres> for At {
    fn type_info() -> PgTypeInfo {
        TIMESTAMPTZ
    }
}

impl PgHasArrayType for At {
    fn array_type_info() -> PgTypeInfo {
        TIMESTAMPTZ_ARRAY
    }
}

impl Encode<'_, Postgres> for At {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let micros = self.0.as_micros().checked_sub(EPOCH_2000).ok_or("time before the first one of postgres")?;
        Encode::<Postgres>::encode(micros, buffer)
    }

    fn size_hint(&self) -> usize {
        size_of::<i64>()
    }
}

impl<'r> Decode<'r, Postgres> for At {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        // Only queries without parameters come as text, and none of those reads a time.
        if value.format() == PgValueFormat::Text {
            return Err("time in text format".into());
        }
        let micros =
            <i64 as Decode<Postgres>>::decode(value)?.checked_add(EPOCH_2000).ok_or("time after the last one")?;
        Ok(Self(Timestamp::from_micros(micros)))
    }
}
