//! Every move of a return by every role from every state, against the one table; and many people acting at once.

use super::service_support::{AUTHORITY, House, YEAR, sample};
use homeward::domain::account::Role;
use homeward::domain::digest::Digest;
use homeward::domain::identifier::ReturnId;
use homeward::domain::state::{ReturnMove, ReturnState};
use homeward::flow::{Account, FlowError, Service};
use homeward::store::{Ledger, NewReturn};
use std::collections::BTreeMap;

/// How many act at the same time.
const AT_ONCE: usize = 6;

async fn make(service: &Service, by: &Account, step: ReturnMove, id: ReturnId) -> Result<ReturnState, FlowError> {
    let note = Some("Decided together.".to_owned());
    match step {
        ReturnMove::Sign => service.sign(by, id, note).await.map(|now| now.state),
        ReturnMove::Withdraw => service.withdraw(by, id, note).await.map(|now| now.state),
        ReturnMove::Accept => service.accept(by, id, note).await.map(|moved| moved.now.state),
        ReturnMove::SendBack => service.send_back(by, id, "Please look again.".to_owned()).await.map(|now| now.state),
        ReturnMove::Receive | ReturnMove::Reject | ReturnMove::Check | ReturnMove::Supersede => {
            panic!("{step} is not made by people")
        }
    }
}

fn by_people() -> impl Iterator<Item = ReturnMove> {
    ReturnMove::ALL.into_iter().filter(|step| step.is_made_by_people())
}

async fn checked(house: &House, seed: u64) -> ReturnId {
    let submitter = house.account(Role::Submitter).await;
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, seed)).await.expect("is received");
    house.explain_all(&submitter, &sent).await;
    sent.record.id
}

async fn moved(house: &House, step: ReturnMove, id: ReturnId) -> ReturnId {
    let by = house.account(step.who()[0]).await;
    make(&house.service, &by, step, id).await.expect("is in the table");
    id
}

/// A return in each state.
async fn one_in_each_state(house: &House) -> BTreeMap<ReturnState, ReturnId> {
    let superseded = moved(house, ReturnMove::Sign, checked(house, 1).await).await;
    moved(house, ReturnMove::Accept, superseded).await;
    let accepted = moved(house, ReturnMove::Sign, checked(house, 2).await).await;
    moved(house, ReturnMove::Accept, accepted).await;
    let withdrawn = moved(house, ReturnMove::Withdraw, checked(house, 3).await).await;
    let sent_back = moved(house, ReturnMove::SendBack, checked(house, 4).await).await;
    let signed = moved(house, ReturnMove::Sign, checked(house, 5).await).await;
    let submitter = house.account(Role::Submitter).await;
    let rejected = house.submit(&submitter, b"CHILD,UNKNOWN_COLUMN\nx,1\n").await.expect("is received").record.id;
    let received = NewReturn {
        id: ReturnId::new(house.clock_time()),
        authority: AUTHORITY.to_owned(),
        digest: Digest::of(b"not decided yet"),
        bytes: 15,
        idempotency_key: None,
        specification: Digest::of(b"specification"),
        uploaded_by: submitter.key,
        received: house.clock_time(),
    };
    house.data.ledger.receive(&received).await.expect("is received");
    BTreeMap::from([
        (ReturnState::Received, received.id),
        (ReturnState::Rejected, rejected),
        (ReturnState::Checked, checked(house, 6).await),
        (ReturnState::Signed, signed),
        (ReturnState::Accepted, accepted),
        (ReturnState::Superseded, superseded),
        (ReturnState::Withdrawn, withdrawn),
        (ReturnState::SentBack, sent_back),
    ])
}

#[tokio::test]
async fn every_move_by_every_role_from_every_state_is_as_the_table_says() {
    let house = House::new().await;
    let returns = one_in_each_state(&house).await;
    assert_eq!(returns.len(), ReturnState::ALL.len());
    let state_of = async |id| house.data.ledger.return_by_id(id).await.expect("reads").expect("is there").state;
    for (state, id) in returns {
        assert_eq!(state_of(id).await, state);
        for step in by_people() {
            for role in Role::ALL {
                let by = house.account(role).await;
                let may = step.who().contains(&role);
                if may && state.after(step).is_some() {
                    continue;
                }
                let refused = make(&house.service, &by, step, id).await.expect_err("is not in the table");
                match refused {
                    FlowError::NotAllowed { .. } => assert!(!may, "{role} may {step}"),
                    FlowError::WrongState { found, .. } => {
                        assert!(may && found == state, "{step} from {state} by {role}");
                        let text = refused.to_string();
                        assert!(text.contains(&state.possible()), "{text}");
                    }
                    other => panic!("{step} from {state} by {role}: {other}"),
                }
                assert_eq!(state_of(id).await, state, "{step} by {role} changed nothing");
            }
        }
    }
}

/// Each move several times at the same moment, each by another key: how many won, and what the others were told.
async fn at_once(house: &House, steps: &[ReturnMove], id: ReturnId) -> (Vec<ReturnState>, Vec<FlowError>) {
    let mut racing = Vec::new();
    for step in steps.iter().flat_map(|step| std::iter::repeat_n(*step, AT_ONCE)) {
        let (service, by) = (house.service.clone(), house.account(step.who()[0]).await);
        racing.push(tokio::spawn(async move { make(&service, &by, step, id).await }));
    }
    let (mut won, mut lost) = (Vec::new(), Vec::new());
    for one in racing {
        match one.await.expect("no panic") {
            Ok(state) => won.push(state),
            Err(error) => lost.push(error),
        }
    }
    (won, lost)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_act_at_once_exactly_one_wins() {
    let house = House::new().await;
    let races: [(&[ReturnMove], &[ReturnMove]); 3] = [
        (&[], &[ReturnMove::Sign]),
        (&[], &[ReturnMove::Withdraw, ReturnMove::SendBack]),
        (&[ReturnMove::Sign], &[ReturnMove::Accept, ReturnMove::Withdraw, ReturnMove::SendBack]),
    ];
    for (seed, (before, race)) in (1..).zip(races) {
        let id = checked(&house, seed).await;
        for step in before {
            moved(&house, *step, id).await;
        }
        let (won, lost) = at_once(&house, race, id).await;
        assert_eq!((won.len(), lost.len()), (1, race.len() * AT_ONCE - 1), "{race:?}: {lost:?}");
        let now = house.data.ledger.return_by_id(id).await.expect("reads").expect("is there").state;
        assert_eq!(won, [now]);
        for error in lost {
            assert!(matches!(error, FlowError::WrongState { found, .. } if found == now), "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_versions_accepted_at_once_one_is_in_force() {
    let house = House::new().await;
    let mut racing = Vec::new();
    for seed in 1..=3 {
        let id = moved(&house, ReturnMove::Sign, checked(&house, seed).await).await;
        let (service, by) = (house.service.clone(), house.account(Role::Collector).await);
        racing.push((id, service, by));
    }
    let racing =
        racing.into_iter().map(|(id, service, by)| tokio::spawn(async move { service.accept(&by, id, None).await }));
    let ended = futures::future::join_all(racing.collect::<Vec<_>>()).await;
    assert!(ended.iter().any(|one| matches!(one, Ok(Ok(moved)) if moved.now.version == Some(3))));
    let counts = house.data.ledger.counts_by_state().await.expect("counts");
    assert_eq!(counts.get(&ReturnState::Accepted), Some(&1), "{counts:?}");
}
