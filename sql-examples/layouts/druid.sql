-- SPDX-License-Identifier: Apache-2.0

-- What Druid keeps in ZooKeeper, below its default druid.zk.paths.base, /druid.
-- Checked against the sources of its main branch and what processes of 2023 announced; not against a running cluster.
-- Source of the layout: ZkPathsConfig, CuratorDruidNodeAnnouncer and CuratorDruidLeaderSelector of Apache Druid.
SET 'execution.runtime-mode' = 'batch';

CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
CREATE DATABASE IF NOT EXISTS zk.druid COMMENT 'Apache Druid';
USE zk.druid;

-- Ephemeral: each process, by its role: BROKER, HISTORICAL, COORDINATOR, OVERLORD, MIDDLE_MANAGER, PEON, ROUTER or
-- INDEXER.
CREATE TABLE IF NOT EXISTS nodes (
  role       STRING,
  host       STRING COMMENT 'host:port',
  druidNode  ROW<service STRING, host STRING, plaintextPort INT, tlsPort INT>,
  nodeType   STRING,
  services   STRING COMMENT 'JSON',
  since      TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (role, host) NOT ENFORCED
) WITH ('path' = '/druid/internal-discovery/{role}/{host}', 'format' = 'json');

-- Ephemeral: those that serve data.
CREATE TABLE IF NOT EXISTS data_servers (
  host     STRING COMMENT 'host:port',
  maxSize  BIGINT,
  type     STRING,
  tier     STRING,
  priority INT,
  PRIMARY KEY (host) NOT ENFORCED
) WITH ('path' = '/druid/announcements/{host}', 'format' = 'json');

-- Who leads, and who would come next: elections with Curator's LeaderLatch, as rows.
CREATE TABLE IF NOT EXISTS coordinators (
  office STRING,
  url    STRING,
  state  STRING METADATA VIRTUAL,
  PRIMARY KEY (office, url) NOT ENFORCED
) WITH ('path' = '/druid/coordinator/{office}', 'recipe' = 'election');

CREATE TABLE IF NOT EXISTS overlords (
  office STRING,
  url    STRING,
  state  STRING METADATA VIRTUAL,
  PRIMARY KEY (office, url) NOT ENFORCED
) WITH ('path' = '/druid/overlord/{office}', 'recipe' = 'election');

-- Segments that a server is to load or to drop, if the coordinator tells it by way of ZooKeeper.
CREATE TABLE IF NOT EXISTS load_queue (
  host    STRING,
  segment STRING,
  since   TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (host, segment) NOT ENFORCED
) WITH ('path' = '/druid/loadQueue/{host}/{segment}');

SELECT 'coordinator' AS office, url, state FROM coordinators
UNION ALL
SELECT 'overlord', url, state FROM overlords;

SELECT role, COUNT(*) AS processes FROM nodes GROUP BY role;

SELECT tier, COUNT(*) AS servers, SUM(maxSize) AS max_bytes
FROM data_servers
WHERE type = 'historical'
GROUP BY tier;
