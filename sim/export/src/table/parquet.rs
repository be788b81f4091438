//! Parquet with the plainest means: one type of number, one of text, and encodings instead of compression, so that
//! every reader reads it and the bytes depend on nothing but the table.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Encoding, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::{Column, Table, Values};

/// Rows that a reader takes at once: what DuckDB writes by default, so that it reads on as many threads as it likes.
const GROUP: usize = 122_880;

impl Table {
    /// The table as a file.
    ///
    /// # Panics
    /// Never: a buffer in memory takes everything, and all columns are as long as the first.
    pub fn to_parquet(&self) -> Vec<u8> {
        self.write().expect("a buffer in memory takes a table")
    }

    fn write(&self) -> Result<Vec<u8>> {
        let fields = self.columns.iter().map(Column::field).collect::<Result<Vec<TypePtr>>>()?;
        let schema = Arc::new(Type::group_type_builder(self.name).with_fields(fields).build()?);
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(self.properties()))?;
        let words: Vec<Vec<ByteArray>> = self.columns.iter().map(Column::words).collect();
        for first in (0..self.n_rows()).step_by(GROUP) {
            let rows = first..(first + GROUP).min(self.n_rows());
            let mut group = writer.next_row_group()?;
            for (column, words) in self.columns.iter().zip(&words) {
                let mut file = group.next_column()?.expect("the schema has every column");
                column.write(&mut file, rows.clone(), words)?;
                file.close()?;
            }
            group.close()?;
        }
        writer.into_inner()
    }

    fn properties(&self) -> WriterProperties {
        let about =
            self.about.iter().map(|(key, value)| KeyValue::new(format!("kernmesh.{key}"), value.clone()));
        let mut properties = WriterProperties::builder()
            .set_created_by("kernmesh".to_owned())
            .set_writer_version(WriterVersion::PARQUET_2_0)
            .set_key_value_metadata(Some(about.collect()));
        // Times differ from row to row, but little from those before them.
        for column in self.columns.iter().filter(|column| column.name.ends_with("_fs")) {
            let path = ColumnPath::from(column.name);
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
        properties.build()
    }
}

impl Column {
    fn field(&self) -> Result<TypePtr> {
        let (physical, repetition, logical) = match &self.values {
            Values::Whole(_) => (Physical::INT64, Repetition::REQUIRED, None),
            Values::MaybeWhole(_) => (Physical::INT64, Repetition::OPTIONAL, None),
            Values::Text { .. } => (Physical::BYTE_ARRAY, Repetition::OPTIONAL, Some(LogicalType::String)),
        };
        let field = Type::primitive_type_builder(self.name, physical)
            .with_repetition(repetition)
            .with_logical_type(logical);
        Ok(Arc::new(field.build()?))
    }

    /// Every word once, to be shared by the rows that have it.
    fn words(&self) -> Vec<ByteArray> {
        match &self.values {
            Values::Text { words, .. } => {
                words.iter().map(|word| Bytes::copy_from_slice(word.as_bytes()).into()).collect()
            }
            Values::Whole(_) | Values::MaybeWhole(_) => Vec::new(),
        }
    }

    fn write(
        &self,
        file: &mut SerializedColumnWriter<'_>,
        rows: std::ops::Range<usize>,
        words: &[ByteArray],
    ) -> Result<()> {
        match &self.values {
            Values::Whole(values) => file.typed::<Int64Type>().write_batch(&values[rows], None, None)?,
            Values::MaybeWhole(values) => {
                let (there, present) = dense(&values[rows], |&value| value);
                file.typed::<Int64Type>().write_batch(&present, Some(&there), None)?
            }
            Values::Text { rows: texts, .. } => {
                let (there, present) = dense(&texts[rows], |&word| words[word as usize].clone());
                file.typed::<ByteArrayType>().write_batch(&present, Some(&there), None)?
            }
        };
        Ok(())
    }
}

/// By row whether there is a value, and the values that are there.
fn dense<T, V>(rows: &[Option<T>], value: impl Fn(&T) -> V) -> (Vec<i16>, Vec<V>) {
    let there = rows.iter().map(|row| i16::from(row.is_some())).collect();
    (there, rows.iter().flatten().map(value).collect())
}
