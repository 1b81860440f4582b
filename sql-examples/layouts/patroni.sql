-- SPDX-License-Identifier: Apache-2.0

-- What Patroni keeps of each PostgreSQL cluster (its `scope`), below its default namespace, /service.
-- Checked against the sources of Patroni 4 and what a cluster of 4.0.1 wrote; not against a running cluster.
-- Source of the layout: patroni/dcs/__init__.py and patroni/dcs/zookeeper.py of Patroni.
SET 'execution.runtime-mode' = 'batch';

CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
CREATE DATABASE IF NOT EXISTS zk.patroni COMMENT 'Patroni, for PostgreSQL';
USE zk.patroni;

-- Ephemeral: the member that holds the leader lock. Its znode is gone between two leaders.
CREATE TABLE IF NOT EXISTS leaders (
  `scope` STRING,
  leader  STRING,
  since   TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (`scope`) NOT ENFORCED
) WITH ('path' = '/service/{scope}/leader');

-- Ephemeral: each PostgreSQL whose Patroni is connected.
CREATE TABLE IF NOT EXISTS members (
  `scope`           STRING,
  `member`            STRING,
  conn_url          STRING,
  api_url           STRING,
  state             STRING COMMENT 'running, streaming, starting, stopped, ...',
  role              STRING COMMENT 'primary (master before 4.0), replica, standby_leader, ...',
  version           STRING COMMENT 'of Patroni',
  timeline          BIGINT,
  xlog_location     BIGINT,
  replication_state STRING,
  pending_restart   BOOLEAN,
  PRIMARY KEY (`scope`, `member`) NOT ENFORCED
) WITH ('path' = '/service/{scope}/members/{member}', 'format' = 'json');

-- The position in the log of the leader, and of its slots.
CREATE TABLE IF NOT EXISTS status (
  `scope` STRING,
  optime  BIGINT,
  slots   MAP<STRING, BIGINT>,
  PRIMARY KEY (`scope`) NOT ENFORCED
) WITH ('path' = '/service/{scope}/status', 'format' = 'json');

CREATE TABLE IF NOT EXISTS configs (
  `scope`                 STRING,
  ttl                     INT,
  loop_wait               INT,
  retry_timeout           INT,
  maximum_lag_on_failover BIGINT,
  pause                   BOOLEAN,
  PRIMARY KEY (`scope`) NOT ENFORCED
) WITH ('path' = '/service/{scope}/config', 'format' = 'json');

-- Of clusters with synchronous replication.
CREATE TABLE IF NOT EXISTS sync (
  `scope`      STRING,
  leader       STRING,
  sync_standby STRING,
  PRIMARY KEY (`scope`) NOT ENFORCED
) WITH ('path' = '/service/{scope}/sync', 'format' = 'json');

-- An array of [timeline, position, reason, time, new leader].
CREATE TABLE IF NOT EXISTS history (
  `scope`  STRING,
  failovers STRING,
  PRIMARY KEY (`scope`) NOT ENFORCED
) WITH ('path' = '/service/{scope}/history');

-- Who leads, and how many bytes is everybody else behind?
CREATE VIEW IF NOT EXISTS member_health AS
SELECT
  m.`scope`,
  m.`member`,
  m.role,
  m.state,
  m.`member` = l.leader AS is_leader,
  m.timeline,
  GREATEST(s.optime - m.xlog_location, 0) AS bytes_behind
FROM members AS m
LEFT JOIN leaders AS l ON l.`scope` = m.`scope`
LEFT JOIN status AS s ON s.`scope` = m.`scope`;

SELECT * FROM member_health;

-- Clusters that nobody leads, or that are paused: no failover happens there.
SELECT c.`scope`, l.leader, c.pause
FROM configs AS c
LEFT JOIN leaders AS l ON l.`scope` = c.`scope`
WHERE l.leader IS NULL OR c.pause;
