//! Little-endian numbers in slices.

use super::Header;

/// Calls the same closure for each field of the header, with its offset: one table for both ways.
macro_rules! fields {
    ($do:ident) => {
        $do!(sections: u32 => 12);
        $do!(len_bytes: u64 => 16);
        $do!(dim: u32 => 24);
        $do!(metric: u8 => 28);
        $do!(storage: u8 => 29);
        $do!(m: u16 => 30);
        $do!(ef_construction: u32 => 32);
        $do!(nodes: u32 => 36);
        $do!(linked: u32 => 40);
        $do!(zero_node: u32 => 44);
        $do!(ids: u64 => 48);
        $do!(next_id: u64 => 56);
        $do!(checked: u32 => 64);
        $do!(ordered: u32 => 68);
        $do!(rerank: u8 => 72);
        $do!(asked: u8 => 73);
        $do!(asked_rerank: u8 => 74);
    };
}

impl Header {
    /// Writes the fields at their places.
    pub(super) fn write(&self, bytes: &mut [u8]) {
        macro_rules! put {
            ($name:ident: $type:ty => $at:literal) => {
                bytes[$at..$at + size_of::<$type>()].copy_from_slice(&self.$name.to_le_bytes());
            };
        }
        fields!(put);
    }

    /// Reads the fields from their places.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut header = Self {
            sections: 0,
            len_bytes: 0,
            dim: 0,
            metric: 0,
            storage: 0,
            m: 0,
            ef_construction: 0,
            nodes: 0,
            linked: 0,
            zero_node: 0,
            ids: 0,
            next_id: 0,
            checked: 0,
            ordered: 0,
            rerank: 0,
            asked: 0,
            asked_rerank: 0,
        };
        macro_rules! get {
            ($name:ident: $type:ty => $at:literal) => {
                let mut field = [0; size_of::<$type>()];
                field.copy_from_slice(&bytes[$at..$at + size_of::<$type>()]);
                header.$name = <$type>::from_le_bytes(field);
            };
        }
        fields!(get);
        header
    }
}

/// Returns the `u32` at `at`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut field = [0; 4];
    field.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(field)
}

/// Returns the `u64` at `at`.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut field = [0; 8];
    field.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(field)
}
