-- SPDX-License-Identifier: Apache-2.0

-- Two jobs that do the same work, of which one at a time is active: the one that is elected by the lock that guards its
-- writes. The other one stands by, and goes on when the first one ends, fails, or loses its session. Each request is
-- made only if the lock is still held, so there is no moment at which both write, however slow or paused one of them is.
SET 'execution.checkpointing.interval' = '500 ms';
SET 'table.exec.sink.require-on-conflict' = 'false';

CREATE TABLE reports (
  `minute` INT,
  worker   STRING,
  PRIMARY KEY (`minute`) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/reports/{minute}',
  'sink.guard.lock' = '/offices/reporter'
);

-- Each ends after two seconds of work; in reality none would, and a fault would have its turn.
CREATE TABLE work_of_a (`minute` INT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '5', 'fields.minute.kind' = 'sequence', 'fields.minute.start' = '1',
  'fields.minute.end' = '10'
);
CREATE TABLE work_of_b (`minute` INT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '5', 'fields.minute.kind' = 'sequence', 'fields.minute.start' = '11',
  'fields.minute.end' = '20'
);
INSERT INTO reports SELECT `minute`, 'a' FROM work_of_a;
INSERT INTO reports SELECT `minute`, 'b' FROM work_of_b;

-- The transactions tell in which order the reports came: all of one job, then all of the other.
CREATE TABLE reported (
  `minute`      INT,
  worker        STRING,
  `transaction` BIGINT METADATA FROM 'czxid' VIRTUAL
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/reports/{minute}'
);
SELECT `transaction`, `minute`, worker FROM reported;
