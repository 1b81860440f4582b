-- SPDX-License-Identifier: Apache-2.0

-- What Kafka keeps in ZooKeeper, up to 3.9, the last version that uses it.
-- Checked against Kafka 3.9.1, a broker of which wrote it.
-- Source of the layout: core/src/main/scala/kafka/zk/ZkData.scala of Apache Kafka 3.9.
SET 'execution.runtime-mode' = 'batch';

CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
CREATE DATABASE IF NOT EXISTS zk.kafka COMMENT 'Apache Kafka';
USE zk.kafka;

-- A broker is there as long as its ephemeral znode is.
CREATE TABLE IF NOT EXISTS brokers (
  id            INT,
  host          STRING COMMENT 'NULL if the broker has no listener in plain text; see endpoints',
  port          INT,
  rack          STRING,
  endpoints     ARRAY<STRING>,
  listener_security_protocol_map MAP<STRING, STRING>,
  registered_at TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (id) NOT ENFORCED
) WITH ('path' = '/brokers/ids/{id}', 'format' = 'json');

-- The one broker that leads the cluster.
CREATE TABLE IF NOT EXISTS controller (
  brokerid      INT,
  elected_at    TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL
) WITH ('path' = '/controller', 'format' = 'json');

-- Which brokers are to have a copy of which partition.
CREATE TABLE IF NOT EXISTS topics (
  topic             STRING,
  topic_id          STRING,
  partitions        MAP<STRING, ARRAY<INT>>,
  adding_replicas   MAP<STRING, ARRAY<INT>>,
  removing_replicas MAP<STRING, ARRAY<INT>>,
  PRIMARY KEY (topic) NOT ENFORCED
) WITH ('path' = '/brokers/topics/{topic}', 'format' = 'json');

-- Which brokers have one that is in sync, and which one leads; -1 for nobody.
CREATE TABLE IF NOT EXISTS partitions (
  topic            STRING,
  `partition`      INT,
  leader           INT,
  leader_epoch     INT,
  controller_epoch INT,
  isr              ARRAY<INT>,
  changed_at       TIMESTAMP_LTZ(3) METADATA FROM 'mtime' VIRTUAL,
  PRIMARY KEY (topic, `partition`) NOT ENFORCED
) WITH ('path' = '/brokers/topics/{topic}/partitions/{partition}/state', 'format' = 'json');

CREATE TABLE IF NOT EXISTS topic_configs (
  topic  STRING,
  config MAP<STRING, STRING>,
  PRIMARY KEY (topic) NOT ENFORCED
) WITH ('path' = '/config/topics/{topic}', 'format' = 'json');

CREATE TABLE IF NOT EXISTS broker_configs (
  broker STRING COMMENT 'an id, or <default>',
  config MAP<STRING, STRING>,
  PRIMARY KEY (broker) NOT ENFORCED
) WITH ('path' = '/config/brokers/{broker}', 'format' = 'json');

CREATE TABLE IF NOT EXISTS acls (
  resource_type STRING,
  resource      STRING,
  acls          ARRAY<ROW<principal STRING, permissionType STRING, operation STRING, host STRING>>,
  PRIMARY KEY (resource_type, resource) NOT ENFORCED
) WITH ('path' = '/kafka-acl/{resource_type}/{resource}', 'format' = 'json');

CREATE TABLE IF NOT EXISTS deletions (topic STRING, PRIMARY KEY (topic) NOT ENFORCED)
WITH ('path' = '/admin/delete_topics/{topic}');

-- Partitions that nobody leads, or that have fewer copies in sync than they should have.
CREATE VIEW IF NOT EXISTS partitions_in_trouble AS
SELECT
  p.topic,
  p.`partition`,
  CASE WHEN b.id IS NULL THEN 'OFFLINE' ELSE 'UNDER-REPLICATED' END AS problem,
  p.leader,
  CARDINALITY(p.isr) AS in_sync,
  CARDINALITY(t.partitions[CAST(p.`partition` AS STRING)]) AS wanted
FROM partitions AS p
JOIN topics AS t ON t.topic = p.topic
LEFT JOIN brokers AS b ON b.id = p.leader
WHERE b.id IS NULL OR CARDINALITY(p.isr) < CARDINALITY(t.partitions[CAST(p.`partition` AS STRING)]);

-- How many partitions each broker leads, and of how many it should be the leader.
CREATE VIEW IF NOT EXISTS leaders AS
SELECT
  b.id,
  b.host,
  b.rack,
  COUNT(p.topic) AS leads,
  COUNT(t.topic) AS preferred,
  b.id IN (SELECT brokerid FROM controller) AS is_controller
FROM brokers AS b
LEFT JOIN partitions AS p ON p.leader = b.id
LEFT JOIN topics AS t ON t.topic = p.topic AND t.partitions[CAST(p.`partition` AS STRING)][1] = b.id
GROUP BY b.id, b.host, b.rack;

SELECT * FROM leaders;

SELECT * FROM partitions_in_trouble;
