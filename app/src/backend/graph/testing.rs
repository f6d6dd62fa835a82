//! For tests: clients of an emulator.

use emulator::Emulator;

use crate::backend::{Clock, Entropy};
use crate::domain::{Cloud, CustomCloud, SecretText, TenantId};

use super::{Connection, Credential, GraphClient, Timing};

/// The way to an emulator's tenant as its broker application.
pub(in crate::backend) fn connection(emulator: &Emulator) -> Connection {
    let facts = emulator.tenant();
    Connection {
        cloud: Cloud::Custom(CustomCloud {
            authority: emulator.url().to_owned(),
            graph: emulator.url().to_owned(),
            arm: None,
        }),
        tenant_id: TenantId::parse(&facts.tenant_id).unwrap(),
        credential: Credential::ClientSecret {
            client_id: facts.client_id.clone(),
            client_secret: SecretText::new(facts.client_secret.clone()),
        },
    }
}

/// A client for this connection, in a hurry.
pub(in crate::backend) fn client(connection: &Connection) -> GraphClient {
    client_with(connection, Timing::for_tests())
}

/// A client for this connection.
pub(in crate::backend) fn client_with(connection: &Connection, timing: Timing) -> GraphClient {
    GraphClient::new(connection, timing, 0.0, Clock::system(), Entropy::seeded(1)).unwrap()
}

/// An emulator and a client of it.
pub(in crate::backend) async fn start() -> (Emulator, GraphClient) {
    let emulator = Emulator::start().await;
    let client = client(&connection(&emulator));
    (emulator, client)
}
