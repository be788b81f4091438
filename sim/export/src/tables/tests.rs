use program::Rank;

use super::{messages, ops, stalls};
use crate::samples::{empty, exchange, one_op};
use crate::{Chosen, Table, Values, Window};

fn of(log: &oplog::OpLog, table: fn(&Chosen<'_>) -> Table) -> Vec<String> {
    let csv = table(&Chosen::of(log, &Window::ALL)).to_csv();
    csv.split_terminator("\r\n").map(str::to_owned).collect()
}

#[test]
fn an_op_is_a_row() {
    assert_eq!(
        of(&exchange(), ops),
        [
            "rank,op,sip,cube,pe,x,y,unit,kind,shapes,ring,message,bytes_read,bytes_written,issue_fs,start_fs,\
             done_fs,busy_fs,issuing_fs,stalled_fs,file,line,column,span",
            "0,0,0,0,0,0,0,dma0,load,4×4 f16 → 4×4 f16,,,32,32,1000000,1000000,5500000,4500000,1000000,0,\
             sample.rs,10,5,all",
            "0,1,0,0,0,0,0,send,send,4×4 f16,0,0,32,32,6000000,6000000,8250001,2250001,1000000,4000000,\
             sample.rs,11,5,inner",
            "0,2,0,0,0,0,0,send,send,4×4 f16,0,1,32,32,7000000,8250001,10000000,1000000,2000000,749999,\
             sample.rs,12,5,all",
            "1,0,0,0,1,1,0,sequencer,recv_async,,0,1,0,0,0,0,13000000,0,0,0,sample.rs,10,5,all",
            "1,1,0,0,1,1,0,sequencer,recv,,0,0,0,0,1000000,10999999,10999999,0,1000000,9999999,\
             sample.rs,11,5,inner",
            "1,2,0,0,1,1,0,sequencer,release,,0,0,0,0,11000000,11000000,11000000,0,1000001,0,\
             sample.rs,12,5,all",
        ]
    );
}

#[test]
fn a_message_is_a_row_with_the_ops_at_both_its_ends() {
    assert_eq!(
        of(&exchange(), messages),
        [
            "ring,message,producer,consumer,queue,slot,bytes,send_op,receive_op,release_op,sent_fs,filled_fs,\
             received_fs,released_fs,credit_fs",
            "0,0,0,1,0,0,32,1,1,2,6000000,10000000,10999999,11000000,14000000",
            "0,1,0,1,0,1,32,2,0,,8250001,12000000,13000000,,",
        ]
    );
}

#[test]
fn a_wait_is_a_row_of_who_waits() {
    assert_eq!(
        of(&exchange(), stalls),
        [
            "rank,op,unit,reason,from_fs,to_fs",
            "0,1,sequencer,operand,2000000,6000000",
            "0,2,send,link,8250001,9000000",
            "1,1,sequencer,message,1000000,10999999",
        ]
    );
}

#[test]
fn empty_logs_have_tables_without_rows() {
    for table in [ops, messages, stalls] {
        let table = table(&Chosen::of(&empty(), &Window::ALL));
        assert!(table.n_rows() == 0 && table.columns.len() > 5, "{}", table.name);
    }
    assert_eq!(of(&one_op(), ops).len(), 2);
}

#[test]
fn a_window_has_fewer_rows() {
    let log = exchange();
    let window = Window { ranks: Some([Rank(1)].into()), ..Window::ALL };
    let chosen = Chosen::of(&log, &window);
    let rows = [ops, messages, stalls].map(|table| table(&chosen).n_rows());
    assert_eq!(rows, [3, 2, 1]);
}

#[test]
fn columns_are_of_equal_length_and_named_once() {
    let log = exchange();
    let chosen = Chosen::of(&log, &Window::ALL);
    for table in [ops(&chosen), messages(&chosen), stalls(&chosen)] {
        let mut names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        assert!(table.columns.iter().all(|column| column.len() == table.n_rows()));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), table.columns.len(), "{names:?}");
    }
}

/// Whoever reads the page finds every column in it.
#[test]
fn the_page_says_what_every_column_is() {
    let page = include_str!("../../../../docs/parquet.md");
    let log = exchange();
    let chosen = Chosen::of(&log, &Window::ALL);
    for table in [ops(&chosen), messages(&chosen), stalls(&chosen)] {
        let section = page.split("\n## ").find(|section| section.starts_with(&format!("`{}`", table.name)));
        let section = section.unwrap_or_else(|| panic!("no section of {}", table.name));
        for column in &table.columns {
            assert!(section.contains(&format!("`{}`", column.name)), "{}.{}", table.name, column.name);
        }
    }
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_has_every_value_whatever_it_is() {
    use parquet::file::reader::{FileReader, SerializedFileReader};

    let mut log = exchange();
    let hostile = "a\u{0}b,\"\n</script>\u{2028}";
    std::sync::Arc::make_mut(&mut log.program).files[0] = hostile.repeat(10_000);
    let chosen = Chosen::of(&log, &Window::ALL);
    let table = ops(&chosen);
    let file = table.to_parquet();
    assert_eq!(file, ops(&chosen).to_parquet());
    let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
    let mut rows = reader.get_row_iter(None).unwrap();
    for n in 0..table.n_rows() {
        let row = rows.next().unwrap().unwrap();
        for (column, (name, field)) in table.columns.iter().zip(row.get_column_iter()) {
            let expected = match &column.values {
                Values::Whole(values) => values[n].to_string(),
                Values::MaybeWhole(values) => values[n].map_or("null".to_owned(), |value| value.to_string()),
                Values::Text { rows, words } => {
                    rows[n].map_or("null".to_owned(), |word| format!("\"{}\"", words[word as usize]))
                }
            };
            assert_eq!((name.as_str(), field.to_string()), (column.name, expected));
        }
    }
    assert!(rows.next().is_none());
}

#[test]
fn numbers_no_log_can_have_become_the_largest() {
    let column = crate::Column::whole("n", [0, u64::MAX]);
    assert_eq!(column.values, Values::Whole(vec![0, i64::MAX]));
}
