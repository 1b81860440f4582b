-- SPDX-License-Identifier: Apache-2.0

-- What Helix keeps of its clusters, and Pinot, which is built on it: /<cluster>/... at the root of the ensemble. A
-- table whose path begins with a column watches the whole ensemble: where much else is there, write the cluster's name
-- for {cluster}.
-- Checked against Helix 1.4.3, a controller and participants of which wrote it; for Pinot against its sources.
-- Source of the layout: org.apache.helix.PropertyPathBuilder of Apache Helix; ZKMetadataProvider of Apache Pinot.
SET 'execution.runtime-mode' = 'batch';

CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
CREATE DATABASE IF NOT EXISTS zk.helix COMMENT 'Apache Helix and Apache Pinot';
USE zk.helix;

-- All of them are records of the same shape; large ones are compressed. This one is there as long as the instance is
-- connected.
CREATE TABLE IF NOT EXISTS live_instances (
  cluster      STRING,
  instance     STRING,
  simpleFields MAP<STRING, STRING> COMMENT 'SESSION_ID, HELIX_VERSION, LIVE_INSTANCE, ...',
  since        TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (cluster, instance) NOT ENFORCED
) WITH ('path' = '/{cluster}/LIVEINSTANCES/{instance}', 'format' = 'json', 'payload.compression' = 'auto');

CREATE TABLE IF NOT EXISTS instances (
  cluster      STRING,
  instance     STRING,
  simpleFields MAP<STRING, STRING> COMMENT 'HELIX_HOST, HELIX_PORT; HELIX_ENABLED if it was ever set, ...',
  listFields   MAP<STRING, ARRAY<STRING>> COMMENT 'TAG_LIST: the tenants of Pinot',
  PRIMARY KEY (cluster, instance) NOT ENFORCED
) WITH ('path' = '/{cluster}/CONFIGS/PARTICIPANT/{instance}', 'format' = 'json', 'payload.compression' = 'auto');

-- What is to be where. In Pinot a resource is a table, and a partition one of its segments.
CREATE TABLE IF NOT EXISTS ideal_states (
  cluster      STRING,
  resource     STRING,
  simpleFields MAP<STRING, STRING> COMMENT 'REPLICAS, NUM_PARTITIONS, REBALANCE_MODE, STATE_MODEL_DEF_REF, ...',
  mapFields    MAP<STRING, MAP<STRING, STRING>> COMMENT 'partition, instance, state',
  listFields   MAP<STRING, ARRAY<STRING>> COMMENT 'partition, instances by preference',
  PRIMARY KEY (cluster, resource) NOT ENFORCED
) WITH ('path' = '/{cluster}/IDEALSTATES/{resource}', 'format' = 'json', 'payload.compression' = 'auto');

-- What is where.
CREATE TABLE IF NOT EXISTS external_views (
  cluster      STRING,
  resource     STRING,
  mapFields    MAP<STRING, MAP<STRING, STRING>>,
  changed_at   TIMESTAMP_LTZ(3) METADATA FROM 'mtime' VIRTUAL,
  PRIMARY KEY (cluster, resource) NOT ENFORCED
) WITH ('path' = '/{cluster}/EXTERNALVIEW/{resource}', 'format' = 'json', 'payload.compression' = 'auto');

CREATE TABLE IF NOT EXISTS controllers (
  cluster      STRING,
  simpleFields MAP<STRING, STRING>,
  id           STRING,
  PRIMARY KEY (cluster) NOT ENFORCED
) WITH ('path' = '/{cluster}/CONTROLLER/LEADER', 'format' = 'json', 'payload.compression' = 'auto');

-- Pinot: what is known of each segment, such as its time range and where it is stored.
CREATE TABLE IF NOT EXISTS pinot_segments (
  cluster      STRING,
  table_name   STRING,
  segment      STRING,
  simpleFields MAP<STRING, STRING>,
  PRIMARY KEY (cluster, table_name, segment) NOT ENFORCED
) WITH ('path' = '/{cluster}/PROPERTYSTORE/SEGMENTS/{table_name}/{segment}',
  'format' = 'json', 'payload.compression' = 'auto');

-- Pinot: the configuration of each table; tableConfig, tenants, ... as JSON texts.
CREATE TABLE IF NOT EXISTS pinot_tables (
  cluster      STRING,
  table_name   STRING,
  simpleFields MAP<STRING, STRING>,
  PRIMARY KEY (cluster, table_name) NOT ENFORCED
) WITH ('path' = '/{cluster}/PROPERTYSTORE/CONFIGS/TABLE/{table_name}',
  'format' = 'json', 'payload.compression' = 'auto');

CREATE VIEW IF NOT EXISTS wanted AS
SELECT i.cluster, i.resource, p.partition_name, r.instance, r.state
FROM ideal_states AS i
CROSS JOIN UNNEST(i.mapFields) AS p (partition_name, replicas)
CROSS JOIN UNNEST(p.replicas) AS r (instance, state);

CREATE VIEW IF NOT EXISTS actual AS
SELECT e.cluster, e.resource, p.partition_name, r.instance, r.state
FROM external_views AS e
CROSS JOIN UNNEST(e.mapFields) AS p (partition_name, replicas)
CROSS JOIN UNNEST(p.replicas) AS r (instance, state);

-- Replicas that are not in the state that they are to be in. (In the rebalance mode FULL_AUTO the ideal state names
-- none.)
CREATE VIEW IF NOT EXISTS replicas_in_trouble AS
SELECT
  w.cluster, w.resource, w.partition_name, w.instance, w.state AS wanted, a.state AS actual,
  l.instance IS NOT NULL AS is_live
FROM wanted AS w
LEFT JOIN actual AS a
  ON a.cluster = w.cluster AND a.resource = w.resource
  AND a.partition_name = w.partition_name AND a.instance = w.instance
LEFT JOIN live_instances AS l ON l.cluster = w.cluster AND l.instance = w.instance
WHERE a.state IS DISTINCT FROM w.state;

SELECT * FROM replicas_in_trouble;

-- Instances that should be there, whether they are, and who controls the cluster.
SELECT
  i.cluster, i.instance, COALESCE(i.simpleFields['HELIX_ENABLED'], 'true') AS enabled, l.instance IS NOT NULL AS is_live,
  c.id AS controller
FROM instances AS i
LEFT JOIN live_instances AS l ON l.cluster = i.cluster AND l.instance = i.instance
LEFT JOIN controllers AS c ON c.cluster = i.cluster;
