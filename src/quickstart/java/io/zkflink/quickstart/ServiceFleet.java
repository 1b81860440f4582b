// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.util.HashMap;
import java.util.Map;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.details.JsonInstanceSerializer;

/**
 * Service instances that register with Curator's service discovery: ephemeral znodes {@code /services/<service>/<id>}
 * with a JSON document. Each has a ZooKeeper session of its own, so that it can die.
 *
 * <p>One thread at a time.
 */
final class ServiceFleet implements AutoCloseable {

    private static final String BASE_PATH = "/services";

    private final String server;
    private final Map<String, Member> members = new HashMap<>();

    private ServiceFleet(String server) {
        this.server = server;
    }

    static ServiceFleet start(String server) throws Exception {
        ServiceFleet fleet = new ServiceFleet(server);
        fleet.register("checkout", 1);
        fleet.register("checkout", 2);
        fleet.register("search", 1);
        return fleet;
    }

    /** What happens to the fleet next; after the last step the fleet is as it was before the first. */
    void step(int number) throws Exception {
        switch (number % 5) {
            case 0 -> die("checkout", 2);
            case 1 -> move("search", 1, 9000 + number % 1000);
            case 2 -> register("search", 2);
            case 3 -> register("checkout", 2);
            default -> leave("search", 2);
        }
    }

    @Override
    public void close() {
        members.values().forEach(member -> member.client().close());
        members.clear();
    }

    private void register(String service, int number) throws Exception {
        CuratorFramework client = Clients.connect(server);
        ServiceInstance<Deployment> instance = instance(service, number, 8080 + number);
        ServiceDiscovery<Deployment> discovery = ServiceDiscoveryBuilder.builder(Deployment.class)
                .client(client)
                .basePath(BASE_PATH)
                .serializer(new JsonInstanceSerializer<>(Deployment.class))
                .thisInstance(instance)
                .build();
        discovery.start();
        members.put(instance.getId(), new Member(client, discovery));
    }

    private void move(String service, int number, int port) throws Exception {
        members.get(id(service, number)).discovery().updateService(instance(service, number, port));
    }

    private void leave(String service, int number) throws Exception {
        Member member = members.remove(id(service, number));
        member.discovery().close();
        member.client().close();
    }

    /**
     * The session ends and nobody unregisters, as with a process that is killed, but without the wait for a timeout.
     */
    private void die(String service, int number) {
        members.remove(id(service, number)).client().close();
    }

    private static ServiceInstance<Deployment> instance(String service, int number, int port) throws Exception {
        return ServiceInstance.<Deployment>builder()
                .name(service)
                .id(id(service, number))
                .address("10.0.0." + (10 + number))
                .port(port)
                .payload(new Deployment("1.4." + number))
                .build();
    }

    private static String id(String service, int number) {
        return service + "-" + number;
    }

    /** What an instance says about itself beyond its address: the payload of Curator's document. */
    record Deployment(String release) {}

    private record Member(CuratorFramework client, ServiceDiscovery<Deployment> discovery) {}
}
