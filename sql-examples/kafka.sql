-- SPDX-License-Identifier: Apache-2.0

-- A Kafka cluster that keeps its metadata in ZooKeeper (up to 3.9): who is there, who leads what, and what is wrong.
-- Without the next line the queries go on, and tell of each broker that dies and each leader that changes.
SET 'execution.runtime-mode' = 'batch';

-- A broker is there as long as its ephemeral znode is.
CREATE TABLE brokers (
  id   INT,
  host STRING,
  port INT,
  rack STRING,
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/brokers/ids/{id}',
  'format' = 'json'
);

-- Which brokers have a copy of which partition.
CREATE TABLE topics (
  topic      STRING,
  partitions MAP<STRING, ARRAY<INT>>,
  PRIMARY KEY (topic) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/brokers/topics/{topic}',
  'format' = 'json'
);

CREATE TABLE partitions (
  topic        STRING,
  `partition`  INT,
  leader       INT,
  leader_epoch INT,
  isr          ARRAY<INT>,
  PRIMARY KEY (topic, `partition`) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/brokers/topics/{topic}/partitions/{partition}/state',
  'format' = 'json'
);

-- What Kafka itself writes: leave this out where there is a Kafka. Broker 3 has just died, and orders/1 has no leader.
CREATE TABLE kafka (path STRING, data STRING, PRIMARY KEY (path) NOT ENFORCED) WITH (
  'connector' = 'zookeeper', 'connect-string' = 'localhost:2181', 'path' = '/brokers/{*path}'
);
INSERT INTO kafka VALUES
  ('ids/1', '{"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"endpoints":["PLAINTEXT://kafka-1:9092"],"rack":"a","jmx_port":-1,"port":9092,"host":"kafka-1","version":5,"timestamp":"1763884800000"}'),
  ('ids/2', '{"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"endpoints":["PLAINTEXT://kafka-2:9092"],"rack":"b","jmx_port":-1,"port":9092,"host":"kafka-2","version":5,"timestamp":"1763884801000"}'),
  ('topics/orders', '{"removing_replicas":{},"partitions":{"0":[1,2],"1":[3],"2":[2,3]},"topic_id":"u1Yk4QmTRZ2h0d3VJm6y5A","adding_replicas":{},"version":3}'),
  ('topics/orders/partitions/0/state', '{"controller_epoch":4,"leader":1,"version":1,"leader_epoch":2,"isr":[1,2]}'),
  ('topics/orders/partitions/1/state', '{"controller_epoch":4,"leader":-1,"version":1,"leader_epoch":7,"isr":[3]}'),
  ('topics/orders/partitions/2/state', '{"controller_epoch":4,"leader":2,"version":1,"leader_epoch":5,"isr":[2]}');

-- How many partitions each broker leads.
SELECT b.id, b.host, b.rack, COUNT(p.topic) AS leads
FROM brokers AS b
LEFT JOIN partitions AS p ON p.leader = b.id
GROUP BY b.id, b.host, b.rack;

-- Partitions that nobody leads, or that have fewer copies in sync than they should have.
SELECT
  p.topic,
  p.`partition`,
  CASE WHEN b.id IS NULL THEN 'OFFLINE' ELSE 'UNDER-REPLICATED' END AS problem,
  CARDINALITY(p.isr) AS in_sync,
  CARDINALITY(t.partitions[CAST(p.`partition` AS STRING)]) AS wanted
FROM partitions AS p
JOIN topics AS t ON t.topic = p.topic
LEFT JOIN brokers AS b ON b.id = p.leader
WHERE b.id IS NULL OR CARDINALITY(p.isr) < CARDINALITY(t.partitions[CAST(p.`partition` AS STRING)]);
