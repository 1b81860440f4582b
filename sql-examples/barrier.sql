-- SPDX-License-Identifier: Apache-2.0

-- A barrier that lines two jobs up: neither goes on before both are ready, and any program that uses Curator's
-- DistributedDoubleBarrier can be one of those who meet.
SET 'execution.checkpointing.interval' = '500 ms';
SET 'table.exec.sink.require-on-conflict' = 'false';

CREATE TABLE meetings (
  meeting  STRING,
  `member` STRING,
  `state`  STRING METADATA VIRTUAL,
  PRIMARY KEY (meeting, `member`) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'recipe' = 'barrier',
  'path' = '/meetings/{meeting}',
  'barrier.members' = '2'
);

-- Two jobs load their data. One has it at once, the other one after six seconds; each enters the barrier with the
-- first row that says so, and leaves it when its input ends.
CREATE TABLE loaded_orders (n INT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '1', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1',
  'fields.n.end' = '30'
);
CREATE TABLE loaded_customers (n INT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '1', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1',
  'fields.n.end' = '30'
);
INSERT INTO meetings SELECT 'nightly', 'orders' FROM loaded_orders;
INSERT INTO meetings SELECT 'nightly', 'customers' FROM loaded_customers WHERE n > 6;

-- What is to happen once both are there joins or filters by this.
SELECT meeting, `member`, `state` FROM meetings;
