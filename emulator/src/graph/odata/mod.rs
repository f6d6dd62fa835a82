//! `OData`'s query options: selecting, filtering, searching, ordering, counting and paging.

pub mod filter;
mod lexer;
mod parser;
pub mod search;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{errors::GraphError, schema::Schema};
use crate::{
    directory::object::Object,
    wire::{Request, Response},
};
use search::Search;

/// How many items a page has unless the client says otherwise.
const PAGE: usize = 100;
/// How many items a page can have at most.
const LARGEST_PAGE: usize = 999;

/// Whether the client asked for the index that knows the advanced queries.
fn is_eventual(request: &Request) -> bool {
    request
        .header("consistencylevel")
        .is_some_and(|level| level.eq_ignore_ascii_case("eventual"))
}

fn wants_count(request: &Request) -> bool {
    request
        .option("$count")
        .is_some_and(|count| count.eq_ignore_ascii_case("true"))
}

/// Answers with one object, as far as it is selected.
pub fn entity(request: &Request, schema: &Schema, full: &Map<String, Value>) -> Result<Response, GraphError> {
    entity_of(request, schema, |name| full.get(name).cloned())
}

/// Answers with one object of the directory, as far as it is selected.
pub fn object(request: &Request, schema: &Schema, object: &Object) -> Result<Response, GraphError> {
    entity_of(request, schema, |name| object.property(name))
}

fn entity_of(
    request: &Request,
    schema: &Schema,
    value: impl Fn(&str) -> Option<Value>,
) -> Result<Response, GraphError> {
    refuse_expand(request)?;
    let selection = request
        .option("$select")
        .map(|select| schema.selection(select))
        .transpose()?;
    Ok(Response::json(
        StatusCode::OK,
        with_context(request, schema, schema.project_from(value, selection.as_deref())),
    ))
}

/// Answers with an object that has just been made.
pub fn created(request: &Request, schema: &Schema, full: &Map<String, Value>) -> Response {
    let body = with_context(request, schema, schema.project(full, None));
    let id = full.get("id").and_then(Value::as_str).unwrap_or_default();
    Response::json(StatusCode::CREATED, body)
        .with("location", format!("{}/v1.0/{}/{id}", request.base, schema.set))
}

fn with_context(request: &Request, schema: &Schema, projected: Map<String, Value>) -> Value {
    let mut body = Map::new();
    body.insert(
        "@odata.context".into(),
        json!(format!("{}/v1.0/$metadata#{}/$entity", request.base, schema.set)),
    );
    body.extend(projected);
    Value::Object(body)
}

fn refuse_expand(request: &Request) -> Result<(), GraphError> {
    match request.option("$expand") {
        Some(expand) => Err(GraphError::query(format!(
            "Expanding '{expand}' is not supported by the emulator."
        ))),
        None => Ok(()),
    }
}

/// Answers with the page of a collection that the query options ask for.
pub fn collection(
    request: &Request,
    schema: &Schema,
    items: Vec<Map<String, Value>>,
) -> Result<Response, GraphError> {
    refuse_expand(request)?;
    let selection = request
        .option("$select")
        .map(|select| schema.selection(select))
        .transpose()?;
    let page = Page::of(request, schema, items)?;
    let context = format!("{}/v1.0/$metadata#{}", request.base, schema.set);
    let show = |item: &Map<String, Value>| Value::Object(schema.project(item, selection.as_deref()));
    Ok(page.answer(request, &context, show))
}

/// Answers with a page of objects of several kinds, each with its type.
pub fn mixed(request: &Request, items: Vec<(&Schema, Map<String, Value>)>) -> Result<Response, GraphError> {
    refuse_expand(request)?;
    let named = |(schema, mut item): (&Schema, Map<String, Value>)| {
        item.insert(
            "@odata.type".into(),
            json!(format!("#microsoft.graph.{}", schema.type_name)),
        );
        item
    };
    let schemas: Vec<&Schema> = items.iter().map(|(schema, _)| *schema).collect();
    // Options are judged by the schema of the first item: relations of one group rarely mix kinds.
    let schema = schemas.first().copied().unwrap_or(&super::schema::USER);
    let page = Page::of(request, schema, items.into_iter().map(named).collect())?;
    let show = |item: &Map<String, Value>| {
        let type_name = item
            .get("@odata.type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let own = schemas
            .iter()
            .find(|schema| type_name.ends_with(schema.type_name))
            .copied()
            .unwrap_or(schema);
        // A property that one kind has and another lacks is left out where it is lacking.
        let selection = request.option("$select").map(|select| {
            let known = select.split(',').filter_map(|name| own.property(name.trim()));
            known.map(|property| property.name).collect::<Vec<_>>()
        });
        let mut shown = Map::from_iter([("@odata.type".to_owned(), json!(type_name))]);
        shown.extend(own.project(item, selection.as_deref()));
        Value::Object(shown)
    };
    let context = format!("{}/v1.0/$metadata#directoryObjects", request.base);
    Ok(page.answer(request, &context, show))
}

/// Answers `/$count`: a bare number.
pub fn count(
    request: &Request,
    schema: &Schema,
    items: Vec<Map<String, Value>>,
) -> Result<Response, GraphError> {
    if !is_eventual(request) {
        return Err(GraphError::bad("$count is not currently supported."));
    }
    let total = Page::of(request, schema, items)?.total;
    Ok(Response::json(StatusCode::OK, json!(total)))
}

struct Page {
    items: Vec<Map<String, Value>>,
    total: usize,
    /// Where the next page starts, if there is one.
    next: Option<String>,
}

impl Page {
    fn of(
        request: &Request,
        schema: &Schema,
        mut items: Vec<Map<String, Value>>,
    ) -> Result<Self, GraphError> {
        let filter = request
            .option("$filter")
            .map(|text| parser::parse(text, schema))
            .transpose()?;
        let eventual = is_eventual(request);
        if filter.as_ref().is_some_and(|filter| filter.is_advanced(schema))
            && !(eventual && (wants_count(request) || is_count(request)))
        {
            return Err(GraphError::query(format!(
                "Unsupported query filter clause for resource '{}': it needs the header 'ConsistencyLevel: eventual' \
                 and $count=true.",
                schema.resource
            )));
        }
        let search = request
            .option("$search")
            .map(|text| Search::parse(text, schema))
            .transpose()?;
        if search.is_some() && !eventual {
            return Err(GraphError::query(
                "Request with $search query parameter only works through MSGraph with a special request header: \
                 'ConsistencyLevel: eventual'",
            ));
        }
        items.retain(|item| {
            filter.as_ref().is_none_or(|filter| filter.holds(item))
                && search.as_ref().is_none_or(|search| search.finds(item))
        });
        let order = Order::of(request, schema, eventual, filter.is_some() || search.is_some())?;
        items.sort_by(|one, other| order.compare(&order.key(one), &order.key(other)));
        let total = items.len();
        if let Some(token) = request.option("$skiptoken") {
            let last = read_token(token)?;
            items.retain(|item| order.compare(&order.key(item), &last).is_gt());
        }
        let size = page_size(request)?;
        let next = (items.len() > size)
            .then(|| items.get(size - 1).map(|item| write_token(&order.key(item))))
            .flatten();
        items.truncate(size);
        Ok(Self { items, total, next })
    }

    fn answer(
        &self,
        request: &Request,
        context: &str,
        show: impl Fn(&Map<String, Value>) -> Value,
    ) -> Response {
        let mut body = Map::new();
        body.insert("@odata.context".into(), json!(context));
        if wants_count(request) && is_eventual(request) {
            body.insert("@odata.count".into(), json!(self.total));
        }
        if let Some(token) = &self.next {
            body.insert("@odata.nextLink".into(), json!(next_link(request, token)));
        }
        body.insert("value".into(), self.items.iter().map(show).collect());
        Response::json(StatusCode::OK, Value::Object(body))
    }
}

fn is_count(request: &Request) -> bool {
    request.segments.last().is_some_and(|segment| segment == "$count")
}

fn page_size(request: &Request) -> Result<usize, GraphError> {
    let Some(text) = request.option("$top") else {
        return Ok(PAGE);
    };
    let size = text
        .parse::<usize>()
        .ok()
        .filter(|size| (1..=LARGEST_PAGE).contains(size));
    size.ok_or_else(|| {
        GraphError::bad(format!(
            "Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive."
        ))
    })
}

/// What a collection is ordered by: a property, and the id where that is the same.
struct Order {
    property: &'static str,
    descending: bool,
}

type Key = (String, String);

impl Order {
    fn of(request: &Request, schema: &Schema, eventual: bool, narrowed: bool) -> Result<Self, GraphError> {
        let Some(text) = request.option("$orderby") else {
            return Ok(Self {
                property: "id",
                descending: false,
            });
        };
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default();
        let direction = words.next().unwrap_or("asc");
        let property = schema.sortable.iter().find(|sortable| **sortable == name);
        // Sorting a filtered or searched collection, and by dates, is only known to the eventual index.
        let plain = !narrowed && name != "createdDateTime";
        match (property, direction) {
            (Some(property), "asc" | "desc") if plain || eventual => Ok(Self {
                property,
                descending: direction == "desc",
            }),
            _ => Err(GraphError::query("Sorting not supported for current query.")),
        }
    }

    fn key(&self, item: &Map<String, Value>) -> Key {
        let text = |name: &str| {
            item.get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_lowercase()
        };
        (text(self.property), text("id"))
    }

    fn compare(&self, one: &Key, other: &Key) -> std::cmp::Ordering {
        let order = one.cmp(other);
        if self.descending { order.reverse() } else { order }
    }
}

/// A token names the last item that was shown, so that pages neither repeat nor skip when items come and go.
fn write_token(key: &Key) -> String {
    URL_SAFE_NO_PAD.encode(json!([key.0, key.1]).to_string())
}

fn read_token(token: &str) -> Result<Key, GraphError> {
    let key = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    key.ok_or_else(|| {
        GraphError::new(
            StatusCode::BAD_REQUEST,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired.",
        )
    })
}

fn next_link(request: &Request, token: &str) -> String {
    let kept = request
        .query
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("$skiptoken"));
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let mut options: Vec<String> = kept
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    options.push(format!("$skiptoken={token}"));
    format!("{}{}?{}", request.base, request.path, options.join("&"))
}
