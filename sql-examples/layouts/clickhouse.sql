-- SPDX-License-Identifier: Apache-2.0

-- What ClickHouse keeps in ZooKeeper or in ClickHouse Keeper for its replicated tables, below the default
-- default_replica_path, /clickhouse/tables/{uuid}/{shard}, and for distributed DDL.
-- Checked against the sources of its main branch; not against a running server.
-- Source of the layout: src/Storages/StorageReplicatedMergeTree.cpp and src/Interpreters/DDLWorker.cpp of ClickHouse.
SET 'execution.runtime-mode' = 'batch';

CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
CREATE DATABASE IF NOT EXISTS zk.clickhouse COMMENT 'ClickHouse';
USE zk.clickhouse;

CREATE TABLE IF NOT EXISTS replicas (
  table_uuid STRING, shard STRING, replica STRING,
  PRIMARY KEY (table_uuid, shard, replica) NOT ENFORCED
) WITH ('path' = '/clickhouse/tables/{table_uuid}/{shard}/replicas/{replica}');

-- Ephemeral: as long as the replica is connected.
CREATE TABLE IF NOT EXISTS active_replicas (
  table_uuid STRING, shard STRING, replica STRING,
  since TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (table_uuid, shard, replica) NOT ENFORCED
) WITH ('path' = '/clickhouse/tables/{table_uuid}/{shard}/replicas/{replica}/is_active');

-- Where a replica is, in lines of `name: value`.
CREATE TABLE IF NOT EXISTS hosts (
  table_uuid STRING, shard STRING, replica STRING,
  data STRING,
  host AS REGEXP_EXTRACT(data, '(?:^|\n)host: ([^\n]*)', 1),
  database_name AS REGEXP_EXTRACT(data, '\ndatabase: ([^\n]*)', 1),
  table_name AS REGEXP_EXTRACT(data, '\ntable: ([^\n]*)', 1),
  PRIMARY KEY (table_uuid, shard, replica) NOT ENFORCED
) WITH ('path' = '/clickhouse/tables/{table_uuid}/{shard}/replicas/{replica}/host');

-- What a replica has still to do: parts to fetch, merges, mutations.
CREATE TABLE IF NOT EXISTS queue (
  table_uuid STRING, shard STRING, replica STRING, entry STRING,
  data STRING,
  created_at TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (table_uuid, shard, replica, entry) NOT ENFORCED
) WITH ('path' = '/clickhouse/tables/{table_uuid}/{shard}/replicas/{replica}/queue/{entry}');

-- The number of the next entry of the log that a replica has to take into its queue.
CREATE TABLE IF NOT EXISTS log_pointers (
  table_uuid STRING, shard STRING, replica STRING,
  log_pointer STRING,
  PRIMARY KEY (table_uuid, shard, replica) NOT ENFORCED
) WITH ('path' = '/clickhouse/tables/{table_uuid}/{shard}/replicas/{replica}/log_pointer');

CREATE TABLE IF NOT EXISTS log (
  table_uuid STRING, shard STRING, entry STRING COMMENT 'log- and ten digits',
  PRIMARY KEY (table_uuid, shard, entry) NOT ENFORCED
) WITH ('path' = '/clickhouse/tables/{table_uuid}/{shard}/log/{entry}');

CREATE TABLE IF NOT EXISTS mutations (
  table_uuid STRING, shard STRING, mutation STRING,
  data STRING,
  PRIMARY KEY (table_uuid, shard, mutation) NOT ENFORCED
) WITH ('path' = '/clickhouse/tables/{table_uuid}/{shard}/mutations/{mutation}');

-- Statements ON CLUSTER, and who has executed them.
CREATE TABLE IF NOT EXISTS distributed_ddl (
  entry STRING, data STRING, created_at TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (entry) NOT ENFORCED
) WITH ('path' = '/clickhouse/task_queue/ddl/{entry}');

CREATE TABLE IF NOT EXISTS distributed_ddl_finished (
  entry   STRING,
  host    STRING COMMENT 'with special characters as %XX',
  outcome STRING COMMENT 'code and message, 0 for success',
  PRIMARY KEY (entry, host) NOT ENFORCED
) WITH ('path' = '/clickhouse/task_queue/ddl/{entry}/finished/{host}');

-- Is each replica connected, and how far behind is it?
CREATE VIEW IF NOT EXISTS replica_health AS
SELECT
  h.database_name,
  h.table_name,
  r.shard,
  r.replica,
  h.host,
  a.replica IS NOT NULL AS is_active,
  COALESCE(q.queued, 0) AS queued,
  -- Entries of the log that it has not even taken into its queue.
  GREATEST(COALESCE(l.newest, -1) + 1 - CAST(p.log_pointer AS BIGINT), 0) AS log_entries_behind
FROM replicas AS r
LEFT JOIN hosts AS h ON h.table_uuid = r.table_uuid AND h.shard = r.shard AND h.replica = r.replica
LEFT JOIN active_replicas AS a ON a.table_uuid = r.table_uuid AND a.shard = r.shard AND a.replica = r.replica
LEFT JOIN log_pointers AS p ON p.table_uuid = r.table_uuid AND p.shard = r.shard AND p.replica = r.replica
LEFT JOIN (
  SELECT table_uuid, shard, replica, COUNT(*) AS queued FROM queue GROUP BY table_uuid, shard, replica
) AS q ON q.table_uuid = r.table_uuid AND q.shard = r.shard AND q.replica = r.replica
LEFT JOIN (
  SELECT table_uuid, shard, MAX(CAST(SUBSTRING(entry FROM 5) AS BIGINT)) AS newest FROM log GROUP BY table_uuid, shard
) AS l ON l.table_uuid = r.table_uuid AND l.shard = r.shard;

SELECT * FROM replica_health;

SELECT d.entry, f.host, f.outcome
FROM distributed_ddl AS d
JOIN distributed_ddl_finished AS f ON f.entry = d.entry
WHERE f.outcome NOT LIKE '0%';
