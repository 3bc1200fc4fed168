//! Tables as Parquet files: one file per table per version.

use super::error::StoreError;
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

/// Who wrote the file, for its footer; fixed, so that the same table gives the same bytes in every build.
const WRITTEN_BY: &str = "homeward";

/// Few tables have more rows, and one batch need not be copied into one.
const BATCH_ROWS: usize = 1 << 20;

/// A table as one Parquet file, compressed with Zstandard. The same batches give the same bytes.
pub fn write(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Bytes, StoreError> {
    let damaged = |error| StoreError::damaged("a table that was to be written", error);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(WRITTEN_BY.to_owned())
        .build();
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, SchemaRef::clone(schema), Some(properties)).map_err(damaged)?;
    for batch in batches {
        writer.write(batch).map_err(damaged)?;
    }
    writer.close().map_err(damaged)?;
    Ok(Bytes::from(out))
}

/// The table of a Parquet file as one batch.
pub fn read(bytes: Bytes) -> Result<RecordBatch, StoreError> {
    let damaged = |problem: String| StoreError::damaged("a Parquet file", problem);
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|error| damaged(error.to_string()))?;
    let schema = SchemaRef::clone(builder.schema());
    let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|error| damaged(error.to_string()))?;
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|error| damaged(error.to_string()))?;
    concat_batches(&schema, &batches).map_err(|error| damaged(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Date32Array, Int64Array, StringArray};
    use arrow::datatypes::{DataType, Field, Schema};
    use std::sync::Arc;

    fn table(rows: i64) -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![
            Field::new("_row", DataType::Int64, true),
            Field::new("CODE", DataType::Utf8, true),
            Field::new("DAY", DataType::Date32, true),
        ]));
        let codes = (0..rows).map(|row| (row % 2 == 0).then(|| format!("C{row}"))).collect::<StringArray>();
        let days = (0..rows).map(|row| i32::try_from(row).ok()).collect::<Date32Array>();
        RecordBatch::try_new(schema, vec![Arc::new((0..rows).collect::<Int64Array>()), Arc::new(codes), Arc::new(days)])
            .expect("columns of one length")
    }

    #[test]
    fn a_table_reads_back_as_it_was_written_and_always_gives_the_same_bytes() {
        for rows in [0, 1, 5000] {
            let batch = table(rows);
            let bytes = write(&batch.schema(), std::slice::from_ref(&batch)).expect("writes");
            assert_eq!(bytes, write(&batch.schema(), &[batch.slice(0, batch.num_rows())]).expect("writes again"));
            assert_eq!(read(bytes).expect("reads"), batch);
        }
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let batch = table(10);
        let bytes = write(&batch.schema(), &[batch]).expect("writes");
        let cut = bytes.slice(0..bytes.len() / 2);
        assert!(matches!(read(cut), Err(StoreError::Damaged { .. })));
    }
}
