-- SPDX-License-Identifier: Apache-2.0

-- What HBase keeps in ZooKeeper, below its default zookeeper.znode.parent, /hbase (/hbase-unsecure or /hbase-secure in
-- some distributions). The data are protocol buffers behind a header, so that only the names are columns.
-- Checked against the sources of HBase 2; not against a running cluster.
-- Source of the layout: org.apache.hadoop.hbase.zookeeper.ZNodePaths and ServerName of Apache HBase.
SET 'execution.runtime-mode' = 'batch';

CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
CREATE DATABASE IF NOT EXISTS zk.hbase COMMENT 'Apache HBase';
USE zk.hbase;

-- Ephemeral: each region server that lives, by host, port and the time of its start in milliseconds.
CREATE TABLE IF NOT EXISTS region_servers (
  server     STRING COMMENT 'host,port,start',
  host       AS SPLIT_INDEX(server, ',', 0),
  port       AS CAST(SPLIT_INDEX(server, ',', 1) AS INT),
  started_at AS TO_TIMESTAMP_LTZ(CAST(SPLIT_INDEX(server, ',', 2) AS BIGINT), 3),
  PRIMARY KEY (server) NOT ENFORCED
) WITH ('path' = '/hbase/rs/{server}');

-- Ephemeral: one row while there is an active master.
CREATE TABLE IF NOT EXISTS active_master (
  active_since TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL
) WITH ('path' = '/hbase/master');

-- Ephemeral: masters that would take over.
CREATE TABLE IF NOT EXISTS backup_masters (server STRING, PRIMARY KEY (server) NOT ENFORCED)
WITH ('path' = '/hbase/backup-masters/{server}');

-- Region servers that get no more regions.
CREATE TABLE IF NOT EXISTS draining (server STRING, PRIMARY KEY (server) NOT ENFORCED)
WITH ('path' = '/hbase/draining/{server}');

CREATE TABLE IF NOT EXISTS replication_peers (peer STRING, PRIMARY KEY (peer) NOT ENFORCED)
WITH ('path' = '/hbase/replication/peers/{peer}');

-- Logs that are still to be shipped to a peer; queues taken over from dead servers are named peer-server[-server].
-- (From HBase 3 on they are in a table of HBase.)
CREATE TABLE IF NOT EXISTS replication_queues (
  server STRING, queue STRING, wal STRING,
  PRIMARY KEY (server, queue, wal) NOT ENFORCED
) WITH ('path' = '/hbase/replication/rs/{server}/{queue}/{wal}');

SELECT r.host, r.port, d.server IS NOT NULL AS is_draining, COUNT(q.wal) AS logs_to_replicate
FROM region_servers AS r
LEFT JOIN draining AS d ON d.server = r.server
LEFT JOIN replication_queues AS q ON q.server = r.server
GROUP BY r.host, r.port, d.server;

-- Logs to replicate of servers that are gone, and that nobody has taken over.
SELECT q.server, q.queue, COUNT(*) AS logs
FROM replication_queues AS q
WHERE NOT EXISTS (SELECT 1 FROM region_servers AS r WHERE r.server = q.server)
GROUP BY q.server, q.queue;

-- Is there a master, and who would follow it?
SELECT (SELECT COUNT(*) FROM active_master) AS active, (SELECT COUNT(*) FROM backup_masters) AS backups;
