// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Contender;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Other programs that work on the tree while it suffers, and know what they did.
 *
 * <p>Life cycle: {@link #start}, {@link #check} now and then, {@link #stop}, then what was done, {@link #close}.
 */
final class ChaosLoad implements AutoCloseable {

    static final String APP = "shop";
    static final List<String> RESOURCES =
            IntStream.range(0, 5).mapToObj(i -> "resource-" + i).toList();

    private static final int SETTINGS = 300;
    private static final int ITEMS = 20;
    private static final int WORKERS = 4;
    private static final int LOCKS_A_SESSION = 20;
    private static final String OUTSIDE = "outside-";

    private final String connectString;
    private final String root;
    private final long seed;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<CompletableFuture<Void>> running = new ArrayList<>();
    private final Map<String, Integer> prices = new ConcurrentHashMap<>();
    private final Set<String> wanted = ConcurrentHashMap.newKeySet();
    private final AtomicInteger changes = new AtomicInteger();
    private final AtomicInteger events = new AtomicInteger();
    private final AtomicInteger orders = new AtomicInteger();
    private volatile boolean enough;

    ChaosLoad(String connectString, String root, long seed) {
        this.connectString = connectString;
        this.root = root;
        this.seed = seed;
    }

    /** Makes what has to be there, and begins. */
    void start() {
        try (ZooKeeperAdmin zk = new ZooKeeperAdmin(connectString)) {
            RESOURCES.forEach(resource -> zk.create(root + "/locks/" + resource));
            for (int i = 0; i < ITEMS; i++) {
                zk.create(root + "/prices/item-" + i, "1");
                prices.put("item-" + i, 1);
            }
        }
        run(this::changeSettings);
        run(this::tellEvents);
        run(this::order);
        run(this::want);
        run(this::contend);
    }

    private void run(BiConsumer<ZooKeeperAdmin, Random> work) {
        Random random = new Random(seed + running.size());
        running.add(CompletableFuture.runAsync(
                () -> {
                    try (ZooKeeperAdmin zk = new ZooKeeperAdmin(connectString)) {
                        while (!enough) {
                            work.accept(zk, random);
                        }
                    }
                },
                threads));
    }

    /**
     * Some settings are created, changed, deleted, or deleted and created again, and then there is quiet for a moment.
     */
    private void changeSettings(ZooKeeperAdmin zk, Random random) {
        int burst = random.nextInt(20) == 0 ? 100 : 1 + random.nextInt(3);
        for (int i = 0; i < burst; i++) {
            int number = random.nextInt(SETTINGS);
            String path = root + "/source/app-" + number % 5 + "/setting-" + number;
            String content = "v" + changes.incrementAndGet();
            boolean exists = zk.exists(path);
            if (exists && random.nextInt(3) > 0) {
                zk.set(path, content);
            } else {
                if (exists) {
                    zk.delete(path);
                }
                if (!exists || random.nextBoolean()) {
                    zk.create(path, content);
                }
            }
        }
        rest(random.nextInt(60));
    }

    private void tellEvents(ZooKeeperAdmin zk, Random random) {
        zk.create(root + "/events/" + APP + "/" + events.get(), "");
        events.incrementAndGet();
        rest(random.nextInt(100));
    }

    /** A price only ever rises, and an order says which one was known when it was made. */
    private void order(ZooKeeperAdmin zk, Random random) {
        String item = "item-" + random.nextInt(ITEMS);
        if (random.nextInt(3) == 0) {
            int price = prices.get(item) + 1;
            zk.set(root + "/prices/" + item, String.valueOf(price));
            prices.put(item, price);
        }
        zk.create(root + "/orders/" + orders.get(), item + "," + prices.get(item));
        orders.incrementAndGet();
        rest(random.nextInt(150));
    }

    private void want(ZooKeeperAdmin zk, Random random) {
        String row = RESOURCES.get(random.nextInt(RESOURCES.size())) + "/worker-" + random.nextInt(WORKERS);
        if (wanted.remove(row)) {
            zk.delete(root + "/wanted/" + row);
        } else {
            zk.create(root + "/wanted/" + row, "");
            wanted.add(row);
        }
        rest(random.nextInt(500));
    }

    /** Somebody else queues for the same locks, who may leave a node behind until the session ends. */
    private void contend(ZooKeeperAdmin unused, Random random) {
        try (Contender contender = new Contender(connectString)) {
            for (int i = 0; i < LOCKS_A_SESSION && !enough; i++) {
                String resource = RESOURCES.get(random.nextInt(RESOURCES.size()));
                String node = contender.lock(root + "/locks/" + resource, OUTSIDE + i);
                rest(random.nextInt(1_000));
                contender.release(node);
            }
        }
    }

    private static void rest(int millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted", e);
        }
    }

    /** Fails if something that worked has failed. */
    void check() {
        running.stream().filter(CompletableFuture::isDone).forEach(Await::result);
    }

    void stop() {
        enough = true;
        running.forEach(Await::result);
    }

    int changes() {
        return changes.get();
    }

    /** The ids of all events, in order. */
    List<String> events() {
        return IntStream.range(0, events.get()).mapToObj(String::valueOf).toList();
    }

    Stream<String> orders() {
        return IntStream.range(0, orders.get()).mapToObj(String::valueOf);
    }

    /** The last price of each item. */
    Map<String, Integer> prices() {
        return prices;
    }

    /** What is wanted, as {@code resource/worker}. */
    Set<String> wanted() {
        return wanted;
    }

    @Override
    public void close() {
        enough = true;
        threads.shutdownNow();
    }
}
