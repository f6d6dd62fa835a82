//! The 250 sample users.

use serde_json::{Map, Value, json};

use super::{DOMAIN, FEDERATED_DOMAIN, INITIAL_DOMAIN, birthday};
use crate::{
    directory::{
        Directory,
        object::{Kind, Object},
    },
    entropy::seeded_id,
};

/// How many there are.
pub const COUNT: usize = 250;
/// The first of the administrators, a Global Administrator.
pub const ADMIN: usize = 0;
/// The first guest.
pub const GUEST: usize = 230;
/// The first user that is synced from on-premises.
pub const SYNCED: usize = 200;
/// The first user of the federated domain; synced as well.
pub const FEDERATED: usize = 210;
/// The first disabled user.
pub const DISABLED: usize = 40;
/// The first of the users with nothing special about them.
const ORDINARY: usize = 12;

const FIRST: [&str; 50] = [
    "Adele",
    "Alex",
    "Amara",
    "Anika",
    "Bianca",
    "Carlos",
    "Chen",
    "Dalia",
    "Diego",
    "Elena",
    "Emeka",
    "Enrico",
    "Farah",
    "Fiona",
    "Gerhard",
    "Grady",
    "Hanna",
    "Henrietta",
    "Ines",
    "Irvin",
    "Isaiah",
    "Jamal",
    "Joni",
    "Jordan",
    "Kenji",
    "Lara",
    "Lee",
    "Lidia",
    "Lynne",
    "Malik",
    "Megan",
    "Miriam",
    "Nadia",
    "Nestor",
    "Olu",
    "Patti",
    "Pradeep",
    "Quinn",
    "Rania",
    "Rui",
    "Sanjay",
    "Sofia",
    "Tariq",
    "Thandi",
    "Uma",
    "Viktor",
    "Wanda",
    "Yara",
    "Zeynep",
    "Zoran",
];

const LAST: [&str; 50] = [
    "Adeyemi",
    "Almeida",
    "Bauer",
    "Bowen",
    "Cartier",
    "Chandra",
    "Dembele",
    "Diaz",
    "Eriksen",
    "Fernandez",
    "Fischer",
    "Gallagher",
    "Greenfield",
    "Haddad",
    "Hassan",
    "Hernandez",
    "Ito",
    "Jankovic",
    "Johansson",
    "Kaya",
    "Kim",
    "Kowalski",
    "Langer",
    "Lindqvist",
    "Mbeki",
    "Meyers",
    "Moreau",
    "Nakamura",
    "Novak",
    "Obi",
    "Okafor",
    "Olsen",
    "Patel",
    "Petrov",
    "Quist",
    "Ramirez",
    "Rossi",
    "Sato",
    "Schmidt",
    "Silva",
    "Singh",
    "Sorensen",
    "Tanaka",
    "Thompson",
    "Usman",
    "Vance",
    "Weber",
    "Wilber",
    "Yilmaz",
    "Zimmer",
];

/// Departments and the titles in them.
const DEPARTMENTS: [(&str, [&str; 3]); 10] = [
    (
        "Engineering",
        [
            "Software Engineer",
            "Site Reliability Engineer",
            "Engineering Manager",
        ],
    ),
    ("Finance", ["Accountant", "Controller", "Payroll Specialist"]),
    (
        "Human Resources",
        ["Recruiter", "People Partner", "Benefits Analyst"],
    ),
    (
        "Sales",
        ["Account Executive", "Sales Engineer", "Regional Manager"],
    ),
    ("Marketing", ["Campaign Manager", "Designer", "Copywriter"]),
    ("Operations", ["Plant Supervisor", "Logistics Planner", "Buyer"]),
    ("Legal", ["Counsel", "Paralegal", "Privacy Officer"]),
    (
        "IT",
        ["Systems Administrator", "Service Desk Agent", "Network Engineer"],
    ),
    ("Research", ["Scientist", "Data Analyst", "Lab Technician"]),
    (
        "Customer Support",
        ["Support Engineer", "Team Lead", "Success Manager"],
    ),
];

const OFFICES: [&str; 5] = [
    "Berlin 2/1101",
    "Lagos 1/0410",
    "Lisbon 3/2204",
    "Osaka 5/0702",
    "Toronto 4/1313",
];

const EMPLOYEE_TYPES: [&str; 5] = ["Employee", "Employee", "Employee", "Contractor", "Vendor"];
/// The countries of the offices.
const COUNTRIES: [&str; 5] = ["DE", "NG", "PT", "JP", "CA"];

/// The essentials of a sample user.
pub struct Sample {
    /// Object id.
    pub id: String,
    /// Sign-in name.
    pub user_principal_name: String,
}

/// The object id of the sample user with this number.
pub fn id_of(index: usize) -> String {
    seeded_id(&format!("user/{index}"))
}

/// The n-th user with nothing special about them.
pub fn ordinary(n: usize) -> Sample {
    let index = ORDINARY + n;
    Sample {
        id: id_of(index),
        user_principal_name: sign_in_name(index),
    }
}

fn name(index: usize) -> (&'static str, &'static str) {
    // Fifty first names in turn; the shift makes each round meet other last names.
    (FIRST[index % 50], LAST[(index * 7 + index / 50 * 3) % 50])
}

fn sign_in_name(index: usize) -> String {
    let (first, last) = name(index);
    let local = format!("{}.{}", first.to_lowercase(), last.to_lowercase());
    match index {
        FEDERATED..GUEST => format!("{local}@{FEDERATED_DOMAIN}"),
        GUEST.. => format!("{local}_fabrikam.com#EXT#@{INITIAL_DOMAIN}"),
        _ => format!("{local}@{DOMAIN}"),
    }
}

/// Adds the sample users to the tenant.
pub fn plant(directory: &mut Directory) {
    for index in 0..COUNT {
        let mut user = Object::new(id_of(index), Kind::User, properties(index));
        // Seeded people keep their passwords to themselves: no test can know this one.
        user.password = Some(crate::entropy::new_secret());
        user.seeded = true;
        directory.put(user);
    }
}

fn properties(index: usize) -> Map<String, Value> {
    let (first, last) = name(index);
    let upn = sign_in_name(index);
    let (department, titles) = DEPARTMENTS[index % DEPARTMENTS.len()];
    let is_guest = index >= GUEST;
    let is_synced = (SYNCED..GUEST).contains(&index);
    let mail = if is_guest {
        format!("{}.{}@fabrikam.com", first.to_lowercase(), last.to_lowercase())
    } else {
        upn.clone()
    };
    let properties = json!({
        "accountEnabled": !(index >= DISABLED && index.is_multiple_of(20)),
        "businessPhones": if is_guest { json!([]) } else { json!([format!("+1 425 555 {:04}", 100 + index)]) },
        "city": OFFICES[index % 5].split(' ').next(),
        "companyName": if is_guest { "Fabrikam" } else { super::TENANT_NAME },
        "createdDateTime": birthday(index),
        "creationType": if is_guest { json!("Invitation") } else { Value::Null },
        "department": department,
        "displayName": format!("{first} {last}"),
        "employeeId": format!("{:06}", 10_000 + index),
        "employeeType": EMPLOYEE_TYPES[index % 5],
        "externalUserState": if is_guest { json!("Accepted") } else { Value::Null },
        "givenName": first,
        "jobTitle": titles[index % 3],
        "mail": mail,
        "mailNickname": format!("{}.{}", first.to_lowercase(), last.to_lowercase()),
        "officeLocation": OFFICES[index % 5],
        "onPremisesImmutableId": if is_synced { json!(seeded_id(&format!("anchor/{index}"))) } else { Value::Null },
        "onPremisesSyncEnabled": if is_synced { json!(true) } else { Value::Null },
        "preferredLanguage": "en-US",
        "proxyAddresses": [format!("SMTP:{mail}")],
        "surname": last,
        "usageLocation": COUNTRIES[index % 5],
        "userPrincipalName": upn,
        "userType": if is_guest { "Guest" } else { "Member" },
    });
    match properties {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
