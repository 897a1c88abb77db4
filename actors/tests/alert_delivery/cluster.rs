//! A Cluster whose slot with our keys moves to another node while alerts are sent.

use super::stage::*;

struct Cluster {
    nodes: Vec<Server>,
    ids: Vec<String>,
    /// The slot of our keys.
    slot: String,
}

impl Cluster {
    async fn start() -> Self {
        let node =
            || Server::redis(&["--cluster-enabled", "yes", "--cluster-node-timeout", "5000"]);
        let nodes: Vec<_> = (0..3).map(|_| node()).collect();
        let ranges = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];
        for (index, (node, (first, last))) in nodes.iter().zip(ranges).enumerate() {
            node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]);
            node.command(&["CLUSTER", "ADDSLOTSRANGE", first, last]);
            nodes[0].command(&["CLUSTER", "MEET", "127.0.0.1", &node.port.to_string()]);
        }
        for node in &nodes {
            let info = || node.ask::<String>(&["CLUSTER", "INFO"]);
            until(|| info().contains("cluster_state:ok") && info().contains("known_nodes:3")).await;
            // What is published is handed on to those only with whom it shook hands.
            let others = || node.ask::<String>(&["CLUSTER", "NODES"]);
            let is_apart = |others: String| {
                let words = ["handshake", "disconnected"];
                words.iter().any(|word| others.contains(word))
            };
            until(|| !is_apart(others())).await;
        }
        let ids = nodes
            .iter()
            .map(|node| node.ask(&["CLUSTER", "MYID"]))
            .collect();
        let slot: u64 = nodes[0].ask(&["CLUSTER", "KEYSLOT", "{vitals}:alerts:log"]);
        Cluster {
            nodes,
            ids,
            slot: slot.to_string(),
        }
    }

    fn url(&self) -> String {
        format!("redis+cluster://127.0.0.1:{}", self.nodes[0].port)
    }

    fn keys(&self, node: usize) -> Vec<String> {
        self.nodes[node].ask(&["CLUSTER", "GETKEYSINSLOT", &self.slot, "100"])
    }

    fn owner(&self) -> usize {
        (0..3).find(|&node| !self.keys(node).is_empty()).unwrap()
    }

    fn begin_move(&self, from: usize, to: usize) {
        let (slot, ids) = (&self.slot, &self.ids);
        self.nodes[to].command(&["CLUSTER", "SETSLOT", slot, "IMPORTING", &ids[from]]);
        self.nodes[from].command(&["CLUSTER", "SETSLOT", slot, "MIGRATING", &ids[to]]);
    }

    fn move_key(&self, key: &str, from: usize, to: usize) {
        let port = self.nodes[to].port.to_string();
        self.nodes[from].command(&["MIGRATE", "127.0.0.1", &port, key, "0", "5000"]);
    }

    fn end_move(&self, from: usize, to: usize) {
        for node in [to, from, 3 - from - to] {
            self.nodes[node].command(&["CLUSTER", "SETSLOT", &self.slot, "NODE", &self.ids[to]]);
        }
    }
}

#[test]
fn a_slot_that_moves_takes_the_alerts_with_it() {
    story(async {
        let cluster = Cluster::start().await;
        // Messages of one node are heard on all.
        let listeners: Vec<_> = cluster.nodes.iter().map(Subscriber::new).collect();
        let vitals = Vitals::start(settings(&cluster.url()), in_memory());
        let tell = async |from: u64, to: u64| {
            for number in from..=to {
                vitals.tell(alert("CPU", number)).await;
            }
        };
        // Something always fires: as long as keys move, no script runs over one that is not there.
        vitals.tell(alert("Watchdog", 1)).await;
        tell(1, 11).await;
        vitals.delivered().await;
        let from = cluster.owner();
        let to = (from + 1) % 3;

        // Half of the keys are there, half here: nobody can run a script over them.
        cluster.begin_move(from, to);
        cluster.move_key("{vitals}:alerts:log", from, to);
        let failed = vitals.count("failed");
        tell(12, 15).await;
        until(|| vitals.count("failed") > failed).await;
        // All are there, but it is not theirs yet: it is asked aside.
        for key in cluster.keys(from) {
            cluster.move_key(&key, from, to);
        }
        vitals.delivered().await;
        tell(16, 20).await;
        vitals.delivered().await;
        cluster.end_move(from, to);
        tell(21, 25).await;
        vitals.delivered().await;
        assert_eq!(cluster.owner(), to);

        let numbers: Vec<u64> = cluster.nodes[to].log()[1..].iter().map(n).collect();
        assert_eq!(numbers, (1..=25).collect::<Vec<_>>());
        for listener in &listeners {
            let mut heard = Vec::new();
            while heard.last() != Some(&25) {
                heard.push(n(&listener.next().1));
            }
            heard.dedup();
            assert_eq!(heard, (1..=25).collect::<Vec<_>>());
        }
        vitals.end().await;
    });
}
