-- SPDX-License-Identifier: Apache-2.0

-- Locks as rows: an INSERT queues, a SELECT shows who holds what, a row that goes away releases.
SET 'execution.checkpointing.interval' = '1 s';
SET 'table.exec.sink.require-on-conflict' = 'false';

-- Who wants which lock: a table like any other, each row the znode /wanted/<resource>/<worker>.
CREATE TABLE wanted (
  resource STRING,
  worker   STRING,
  PRIMARY KEY (resource, worker) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/wanted/{resource}/{worker}'
);

-- The locks themselves, as Curator's InterProcessMutex takes them: any program that uses it queues here, too.
CREATE TABLE locks (
  resource STRING,
  owner    STRING,
  `state`  STRING METADATA VIRTUAL,
  token    BIGINT METADATA FROM 'fencing-token' VIRTUAL,
  PRIMARY KEY (resource, owner) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'recipe' = 'lock',
  'path' = '/locks/{resource}'
);

-- Runs on behind what follows: what is wanted is queued for, what is not wanted any more is released.
INSERT INTO locks (resource, owner) SELECT resource, worker FROM wanted;

-- Two want the printer: one of them gets it, the other waits. Nobody else wants the scanner.
INSERT INTO wanted VALUES ('printer', 'alice'), ('printer', 'bob'), ('scanner', 'bob');

-- The token grows with every grant: what a lock guards should refuse a lower one than it has seen.
SELECT resource, owner, `state`, token > 0 AS has_token FROM locks;
