-- SPDX-License-Identifier: Apache-2.0

-- What a highly available Flink keeps in ZooKeeper, below high-availability.zookeeper.path.root, by default /flink.
-- The data are serialized Java objects, so that only the names are columns.
-- Checked against clusters of Flink 1.20.3 and 2.3.0, which wrote it; 1.20 differs in `jobgraphs`.
-- Source of the layout: org.apache.flink.runtime.util.ZooKeeperUtils of Apache Flink.
SET 'execution.runtime-mode' = 'batch';

CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
CREATE DATABASE IF NOT EXISTS zk.flink_ha COMMENT 'High availability of Apache Flink';
USE zk.flink_ha;

-- JobManagers that lead or would lead: the one with the lowest number at its end leads.
CREATE TABLE IF NOT EXISTS contenders (
  cluster   STRING COMMENT 'high-availability.cluster-id',
  contender STRING,
  since     TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (cluster, contender) NOT ENFORCED
) WITH ('path' = '/flink/{cluster}/leader/latch/{contender}');

-- The components whose leader is known, jobs among them.
CREATE TABLE IF NOT EXISTS leaders (
  cluster   STRING,
  component STRING COMMENT 'dispatcher, resource_manager, rest_server, or job- and the id of a job',
  since     TIMESTAMP_LTZ(3) METADATA FROM 'mtime' VIRTUAL,
  PRIMARY KEY (cluster, component) NOT ENFORCED
) WITH ('path' = '/flink/{cluster}/leader/{component}/connection_info');

-- Jobs that would be recovered.
CREATE TABLE IF NOT EXISTS execution_plans (
  cluster STRING, job STRING, submitted_at TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (cluster, job) NOT ENFORCED
) WITH ('path' = '/flink/{cluster}/execution-plans/{job}');

-- The same before Flink 2.0.
CREATE TABLE IF NOT EXISTS jobgraphs (
  cluster STRING, job STRING, submitted_at TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (cluster, job) NOT ENFORCED
) WITH ('path' = '/flink/{cluster}/jobgraphs/{job}');

-- Completed checkpoints that are retained, named by their numbers with zeros before them.
CREATE TABLE IF NOT EXISTS checkpoints (
  cluster STRING, job STRING, checkpoint_id STRING, completed_at TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL,
  PRIMARY KEY (cluster, job, checkpoint_id) NOT ENFORCED
) WITH ('path' = '/flink/{cluster}/jobs/{job}/checkpoints/{checkpoint_id}');

-- What would be recovered, from which checkpoint, and how old is that?
CREATE VIEW IF NOT EXISTS recovery AS
SELECT
  j.cluster,
  j.job,
  l.component IS NOT NULL AS has_leader,
  MAX(CAST(c.checkpoint_id AS BIGINT)) AS checkpoint_id,
  MAX(c.completed_at) AS completed_at
FROM (SELECT cluster, job FROM execution_plans UNION ALL SELECT cluster, job FROM jobgraphs) AS j
LEFT JOIN leaders AS l ON l.cluster = j.cluster AND l.component = CONCAT('job-', j.job)
LEFT JOIN checkpoints AS c ON c.cluster = j.cluster AND c.job = j.job
GROUP BY j.cluster, j.job, l.component;

SELECT * FROM recovery;

SELECT cluster, COUNT(*) AS job_managers FROM contenders GROUP BY cluster;
