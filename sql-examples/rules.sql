-- SPDX-License-Identifier: Apache-2.0

-- Rules that change while a job applies them: payments over a limit are reported, and the limit is a znode. The whole
-- table is mirrored in memory, so any column may be a key, and a new rule holds within milliseconds.
SET 'table.exec.sink.require-on-conflict' = 'false';

CREATE TABLE rules (
  name      STRING,
  kind      STRING,
  max_value INT,
  PRIMARY KEY (name) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/payment-rules/{name}',
  'format' = 'json',
  'lookup.cache' = 'FULL'
);

INSERT INTO rules VALUES ('cards', 'card', 90), ('cash', 'cash', 1000);

-- Somebody edits the rule for cards, once a second.
CREATE TABLE edits (max_value INT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '1', 'fields.max_value.min' = '50', 'fields.max_value.max' = '89'
);
INSERT INTO rules SELECT 'cards', 'card', max_value FROM edits;

CREATE TABLE payments (id INT, amount INT, kind AS IF(MOD(id, 2) = 0, 'card', 'cash'), t AS PROCTIME()) WITH (
  'connector' = 'datagen', 'rows-per-second' = '20', 'fields.id.min' = '1', 'fields.id.max' = '99999',
  'fields.amount.min' = '1', 'fields.amount.max' = '100'
);

SELECT p.id, p.kind, p.amount, r.name, r.max_value
FROM payments AS p
JOIN rules FOR SYSTEM_TIME AS OF p.t AS r ON r.kind = p.kind
WHERE p.amount > r.max_value;
