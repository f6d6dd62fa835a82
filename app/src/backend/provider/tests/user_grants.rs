use std::time::Duration;

use emulator::Fault;

use super::*;
use crate::backend::graph::Person;
use crate::domain::UserGrantsSpec;

struct Scene {
    emulator: Emulator,
    graph: GraphClient,
    spec: UserGrantsSpec,
    person: Person,
    entropy: Entropy,
}

impl Scene {
    async fn new() -> Self {
        let (emulator, graph) = start().await;
        let facts = emulator.tenant();
        let spec = UserGrantsSpec {
            claim: None,
            groups: vec![
                facts.security_group_id.clone(),
                facts.second_security_group_id.clone(),
            ],
            roles: vec![facts.roles["Reports Reader"].clone()],
        };
        let person = find_user(&graph, &facts.user_principal_name)
            .await
            .unwrap()
            .unwrap();
        Self {
            graph,
            spec,
            person,
            entropy: Entropy::seeded(6),
            emulator,
        }
    }

    async fn plan(&self) -> Plan {
        let recipient = Recipient::read(&self.graph, &self.person, &self.spec)
            .await
            .unwrap()
            .unwrap();
        let secret = item(SecretSpec::UserGrants(self.spec.clone()));
        plan(&PlanInput {
            lease_id: &self.entropy.lease_id(now()),
            instance_id: "k3v9test",
            secret: &secret,
            requester: "user:admin",
            recipient: Some(&recipient),
            max_expires_at: now().plus_millis(7_200_000),
            entropy: &self.entropy,
        })
    }

    async fn apply(&self, plan: &Plan) -> Vec<(GrantPlan, Applied)> {
        apply_all(&self.graph, plan, &self.entropy).await.unwrap()
    }

    fn held(&self) -> (usize, usize) {
        let ledger = self.emulator.ledger();
        (ledger.memberships.len(), ledger.role_assignments.len())
    }
}

#[tokio::test]
async fn groups_and_roles_are_given_and_taken() {
    let scene = Scene::new().await;
    let plan = scene.plan().await;
    assert_eq!(
        (&plan.identity, plan.entra_ends_at),
        (&scene.person.user_principal_name, None)
    );
    assert!(plan.grants.iter().all(|grant| !grant.had_before()));
    let applied = scene.apply(&plan).await;
    assert_eq!(scene.held(), (2, 1));
    let issued = issue(
        &SecretSpec::UserGrants(scene.spec.clone()),
        &target(&scene.emulator),
        &applied,
    );
    let Some(Issued::UserGrants(issued)) = issued else {
        panic!("grants")
    };
    assert_eq!((issued.groups.len(), issued.roles.len()), (2, 1));
    let records = records(&plan, &applied);
    for _ in 0..2 {
        let later = now().plus_millis(LATER);
        assert!(all_gone(&undo_all(&scene.graph, &records, later).await));
        assert_eq!(scene.held(), (0, 0));
    }
}

#[tokio::test]
async fn what_the_user_has_is_planned_as_had_and_no_call_is_made_for_it() {
    let scene = Scene::new().await;
    let (graph, user) = (&scene.graph, &scene.person.id);
    graph.add_member(&scene.spec.groups[1], user).await.unwrap();
    graph.assign_role(&scene.spec.roles[0], user).await.unwrap();
    let plan = scene.plan().await;
    let had: Vec<bool> = plan.grants.iter().map(GrantPlan::had_before).collect();
    assert_eq!(had, [false, true, true]);
    let applied = scene.apply(&plan).await;
    scene.emulator.clear_requests();
    let records = records(&plan, &applied);
    assert!(all_gone(&undo_all(graph, &records, now()).await));
    assert_eq!(scene.held(), (1, 1));
    let changed = scene.emulator.requests();
    let changed = changed.iter().filter(|request| request.method != "GET").count();
    assert_eq!(changed, 1);
}

#[tokio::test]
async fn what_was_there_is_told_from_an_answer_that_was_lost() {
    let scene = Scene::new().await;
    for grant in scene.plan().await.grants {
        assert!(!give(&scene.graph, &grant).await.unwrap().was_there);
        assert!(give(&scene.graph, &grant).await.unwrap().was_there);
    }
    let scene = Scene::new().await;
    for grant in scene.plan().await.grants {
        scene.emulator.fault(Fault::drop_after().on("POST", "/v1.0/"));
        assert!(!give(&scene.graph, &grant).await.unwrap().was_there);
    }
    assert_eq!(scene.held(), (2, 1));
}

#[tokio::test]
async fn replicas_that_lag_hide_nothing_from_the_undo() {
    let scene = Scene::new().await;
    let plan = scene.plan().await;
    scene.emulator.set_lag(Duration::from_millis(150));
    let applied = scene.apply(&plan).await;
    let records = records(&plan, &applied);
    for _ in 0..20 {
        let outcomes = undo_all(&scene.graph, &records, now()).await;
        assert!(!all_gone(&outcomes) || scene.held() == (0, 0), "{outcomes:?}");
        scene.emulator.clock().advance(Duration::from_millis(100));
    }
    let later = now().plus_millis(LATER);
    assert!(all_gone(&undo_all(&scene.graph, &records, later).await));
    assert_eq!(scene.held(), (0, 0));
}

#[tokio::test]
async fn groups_that_cannot_be_joined_and_unknown_ones_are_refused() {
    let scene = Scene::new().await;
    let facts = scene.emulator.tenant().clone();
    for (group, word) in [
        (facts.dynamic_group_id, "rule"),
        (facts.synced_group_id, "on-premises"),
        ("00000000-0000-4000-8000-000000000000".to_owned(), "no group"),
    ] {
        let spec = SecretSpec::UserGrants(UserGrantsSpec {
            groups: vec![group],
            ..scene.spec.clone()
        });
        let Err(CheckError::Refused { field, reason }) = check(&scene.graph, &spec).await else {
            panic!("refused")
        };
        assert_eq!(field, "spec.user_grants.groups[0]");
        assert!(reason.contains(word), "{reason}");
    }
}

#[tokio::test]
async fn a_user_who_is_gone_has_nothing_to_read() {
    let scene = Scene::new().await;
    scene.graph.delete_user(&scene.person.id).await.unwrap();
    let read = Recipient::read(&scene.graph, &scene.person, &scene.spec).await;
    assert_eq!(read, Ok(None));
}
