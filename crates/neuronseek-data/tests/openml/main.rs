//! Fetching from a server that speaks as OpenML does, well and badly.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod server;
mod trouble;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use neuronseek::observe::Control;
use neuronseek::table::{ReadOptions, Table};
use neuronseek_data::DataError;
use neuronseek_data::catalogue::{self, Entry};
use neuronseek_data::fetch::{Fetched, Fetcher, Interface, Patience, Place, Settings};
use neuronseek_data::folder::Folder;
use server::{DataSet, Reply, Request, Server, arff};
use tempfile::TempDir;

const CSV: &str = include_str!("../../../../examples/data/airfoil_self_noise.csv");

fn airfoil() -> &'static Entry {
    catalogue::find("airfoil_self_noise").unwrap()
}

fn md5(bytes: &[u8]) -> String {
    use md5::Digest;
    let digest = md5::Md5::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The airfoil table as OpenML serves it.
fn set() -> DataSet {
    let arff = arff(CSV).into_bytes();
    DataSet {
        id: 44957,
        md5: md5(&arff),
        arff,
        parquet: Vec::new(),
        etag: "\"v1\"".to_string(),
        ranges: true,
    }
}

fn parquet() -> Vec<u8> {
    use parquet::data_type::DoubleType;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    let table = Table::read_from(CSV.as_bytes(), "airfoil.csv", &ReadOptions::default()).unwrap();
    let fields: String = (table.columns().iter())
        .map(|column| format!("required double {};", column.name))
        .collect();
    let schema = parse_message_type(&format!("message m {{{fields}}}")).unwrap();
    let mut bytes = Vec::new();
    let properties = WriterProperties::builder().build();
    let mut file = SerializedFileWriter::new(&mut bytes, schema.into(), properties.into()).unwrap();
    let mut group = file.next_row_group().unwrap();
    for column in table.columns() {
        let mut writer = group.next_column().unwrap().unwrap();
        let values = column.numbers().unwrap();
        writer
            .typed::<DoubleType>()
            .write_batch(&values, None, None)
            .unwrap();
        writer.close().unwrap();
    }
    group.close().unwrap();
    file.close().unwrap();
    bytes
}

fn serve(
    set: DataSet,
    change: impl Fn(&Request, usize, Reply) -> Reply + Send + Sync + 'static,
) -> Server {
    Server::start(move |request, before| change(request, before, set.answer(request)))
}

fn settings(server: &Server, cache: &Path) -> Settings {
    Settings {
        data: None,
        cache: cache.to_path_buf(),
        server: server.address(),
        interface: Interface::Auto,
        patience: Patience {
            timeout: Duration::from_secs(10),
            retries: 2,
            wait: Duration::from_millis(1),
        },
    }
}

fn fetch(settings: &Settings) -> Result<Fetched, DataError> {
    Fetcher::new(settings)?.fetch(airfoil(), &Control::silent())
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The table is there, whole, and the protocol's own.
fn right(fetched: &Fetched, cache: &Path) {
    assert_eq!(fetched.found.entry["same_values"], true);
    let table = Table::read(&fetched.found.path, &ReadOptions::default()).unwrap();
    assert_eq!((table.rows(), table.columns().len()), (1503, 6));
    assert_eq!(
        table.column("sound_pressure").unwrap().text(0).unwrap(),
        "126.201"
    );
    let found = Folder::new(cache)
        .find("airfoil_self_noise")
        .unwrap()
        .unwrap();
    found.check().unwrap();
    assert_eq!(found.entry["target"], "sound_pressure");
    assert_eq!(parts(cache), Vec::<String>::new());
}

/// What is in the folder of downloads beside locks.
fn parts(cache: &Path) -> Vec<String> {
    let files = fs::read_dir(cache.join("downloads")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(".lock")).collect();
    names.sort();
    names
}

fn is_file(request: &Request) -> bool {
    !request.path.contains("json")
}

#[test]
fn arff_is_fetched_once_checked_and_cached() {
    let cache = folder();
    let server = serve(set(), |_, _, reply| reply);
    let settings = settings(&server, cache.path());
    let fetched = fetch(&settings).unwrap();
    assert_eq!(
        (fetched.checked, fetched.from.as_str()),
        (Some("md5"), "OpenML 44957")
    );
    right(&fetched, cache.path());
    let again = fetch(&settings).unwrap();
    assert_eq!((again.checked, again.from.as_str()), (None, "cached"));
    assert_eq!(server.requests("").len(), 2);
    // A damaged copy is fetched anew.
    fs::write(&again.found.path, "gone").unwrap();
    right(&fetch(&settings).unwrap(), cache.path());
    assert_eq!(server.requests("").len(), 4);
}

#[test]
fn parquet_gives_the_same_table() {
    let cache = folder();
    let mut set = set();
    set.parquet = parquet();
    let server = serve(set, |_, _, reply| reply);
    let mut settings = settings(&server, cache.path());
    settings.interface = Interface::Parquet;
    let fetched = fetch(&settings).unwrap();
    assert_eq!(fetched.checked, None);
    right(&fetched, cache.path());
    assert_eq!(
        (server.requests(".pq").len(), server.requests(".arff").len()),
        (1, 0)
    );
}

#[test]
fn compressed_answers_are_understood_and_resumed_plain() {
    let cache = folder();
    let server = serve(set(), |request, before, reply| {
        if !is_file(request) || before > 0 {
            return reply;
        }
        assert!(request.header("accept-encoding").unwrap().contains("gzip"));
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&reply.body).unwrap();
        let compressed = encoder.finish().unwrap();
        let half = compressed.len() / 2;
        Reply::new(200, compressed)
            .with("Content-Encoding", "gzip")
            .with("ETag", "W/\"v1\"")
            .cut(half)
    });
    right(
        &fetch(&settings(&server, cache.path())).unwrap(),
        cache.path(),
    );
    let requests = server.requests(".arff");
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].header("accept-encoding"), Some("identity"));
    assert!(requests[1].header("range").is_some());
}

#[test]
fn a_redirection_is_followed() {
    let cache = folder();
    let moved = set();
    let server = Server::start(move |request, _| match request.path.strip_prefix("/new") {
        Some(path) => moved.answer(&Request {
            path: path.to_string(),
            ..request.clone()
        }),
        None => Reply::new(302, "").with("Location", &format!("/new{}", request.path)),
    });
    right(
        &fetch(&settings(&server, cache.path())).unwrap(),
        cache.path(),
    );
}

#[test]
fn a_local_folder_comes_first() {
    let (cache, data) = (folder(), folder());
    let server = serve(set(), |_, _, reply| reply);
    let mut settings = settings(&server, cache.path());
    let fetched = fetch(&settings).unwrap();
    let tables = Folder::new(data.path());
    let path = tables.copy(&fetched.found, false).unwrap();
    settings.cache = cache.path().join("empty");
    settings.data = Some(data.path().to_path_buf());
    let local = fetch(&settings).unwrap();
    assert_eq!((local.from.as_str(), &local.found.path), ("local", &path));
    assert_eq!(server.requests("").len(), 2);
    let fetcher = Fetcher::new(&settings).unwrap();
    assert!(matches!(fetcher.place(airfoil()), Ok(Place::Local(_))));
    // A local file that is not what its index says is not passed on.
    fs::write(path, "mine").unwrap();
    let error = fetch(&settings).unwrap_err().to_string();
    assert!(error.contains("is damaged"), "{error}");
}

#[test]
fn the_catalogue_knows_the_values_of_the_public_tables() {
    let data = std::env::var("NEURONSEEK_DATA").unwrap_or("../../../shared/data".to_string());
    let data = Folder::new(Path::new(&data));
    let mut seen = 0;
    for entry in catalogue::tables().unwrap() {
        let Some(found) = data.find(&entry.name).unwrap() else {
            continue;
        };
        let table = Table::read(&found.path, &ReadOptions::default()).unwrap();
        let mut entry = entry.clone();
        // The local files have their columns in the protocol's form already.
        if let catalogue::Source::OpenMl { columns, .. } = &mut entry.source {
            columns.clear();
        }
        let table = neuronseek_data::shape::form(&table, &entry).unwrap();
        let values = neuronseek_data::shape::values(&table).unwrap();
        assert_eq!(values, entry.values, "{}", entry.name);
        seen += 1;
    }
    if seen == 0 {
        eprintln!("skipped: no tables in {}", data.path().display());
    }
}
