-- SPDX-License-Identifier: Apache-2.0

-- What SolrCloud keeps in ZooKeeper. Solr is usually given a chroot, such as zoo1:2181/solr: write it behind the
-- servers in `connect-string`.
-- Checked against the state that Solr 9.6 shows and the paths in its sources; not against a running Solr.
-- Source of the layout: org.apache.solr.common.cloud.ZkStateReader and ZkController of Apache Solr.
SET 'execution.runtime-mode' = 'batch';

CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
CREATE DATABASE IF NOT EXISTS zk.solr COMMENT 'Apache Solr';
USE zk.solr;

-- A node is there as long as its ephemeral znode is.
CREATE TABLE IF NOT EXISTS live_nodes (
  node  STRING COMMENT 'host:port_context',
  since TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (node) NOT ENFORCED
) WITH ('path' = '/live_nodes/{node}');

-- Shards and replicas, as JSON below a field that is named after the collection; see the view `replicas`.
CREATE TABLE IF NOT EXISTS collections (
  collection STRING,
  state      STRING,
  changed_at TIMESTAMP_LTZ(3) METADATA FROM 'mtime' VIRTUAL,
  PRIMARY KEY (collection) NOT ENFORCED
) WITH ('path' = '/collections/{collection}/state.json');

CREATE TABLE IF NOT EXISTS shard_leaders (
  collection     STRING,
  shard          STRING,
  core           STRING,
  core_node_name STRING,
  node_name      STRING,
  base_url       STRING,
  PRIMARY KEY (collection, shard) NOT ENFORCED
) WITH ('path' = '/collections/{collection}/leaders/{shard}/leader', 'format' = 'json');

-- Of collections with per-replica states: name:version:state[:L], with A, D, R, F for active, down, recovering, failed.
CREATE TABLE IF NOT EXISTS replica_states (
  collection STRING,
  state      STRING,
  PRIMARY KEY (collection, state) NOT ENFORCED
) WITH ('path' = '/collections/{collection}/state.json/{state}');

CREATE TABLE IF NOT EXISTS overseer (
  id         STRING COMMENT 'session-node-n_sequence',
  elected_at TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL
) WITH ('path' = '/overseer_elect/leader', 'format' = 'json');

CREATE TABLE IF NOT EXISTS aliases (
  collection MAP<STRING, STRING> COMMENT 'from the alias to its collections'
) WITH ('path' = '/aliases.json', 'format' = 'json');

CREATE TABLE IF NOT EXISTS config_files (
  config STRING,
  file   STRING,
  data   STRING,
  PRIMARY KEY (config, file) NOT ENFORCED
) WITH ('path' = '/configs/{config}/{*file}');

CREATE VIEW IF NOT EXISTS replicas AS
SELECT
  c.collection,
  JSON_VALUE(r.replica, '$.core') AS core,
  JSON_VALUE(r.replica, '$.node_name') AS node,
  JSON_VALUE(r.replica, '$.type') AS type,
  JSON_VALUE(r.replica, '$.state') AS state,
  JSON_VALUE(r.replica, '$.leader' DEFAULT 'false' ON EMPTY) = 'true' AS is_leader
FROM collections AS c
CROSS JOIN UNNEST(
  JSON_QUERY(c.state, '$.*.shards.*.replicas.*' RETURNING ARRAY<STRING>)
) AS r (replica);

-- A replica is active only if its node lives, too.
CREATE VIEW IF NOT EXISTS replicas_in_trouble AS
SELECT r.collection, r.core, r.node, CASE WHEN n.node IS NULL THEN 'node is gone' ELSE r.state END AS problem
FROM replicas AS r
LEFT JOIN live_nodes AS n ON n.node = r.node
WHERE n.node IS NULL OR r.state <> 'active';

SELECT * FROM replicas_in_trouble;

SELECT n.node, n.node = REGEXP_EXTRACT(o.id, '^\d+-(.*)-n_\d+$', 1) AS is_overseer, COUNT(r.core) AS leads
FROM live_nodes AS n
CROSS JOIN overseer AS o
LEFT JOIN replicas AS r ON r.node = n.node AND r.is_leader
GROUP BY n.node, o.id;
