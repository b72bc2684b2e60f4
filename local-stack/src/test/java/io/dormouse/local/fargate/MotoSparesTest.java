package io.dormouse.local.fargate;

import io.dormouse.aws.Clients;
import io.dormouse.aws.DynamoSpares;
import io.dormouse.aws.Table;
import io.dormouse.hands.fargate.Spares;
import io.dormouse.testkit.moto.Moto;
import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;

class MotoSparesTest extends SparesContract {
    @Override
    protected Spares empty() {
        Clients clients = new Clients(
                Moto.endpoint(),
                Region.US_EAST_1,
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")),
                false,
                List.of());
        String name = "dormouse-" + UUID.randomUUID();
        return new DynamoSpares(new Table(clients.dynamo(), name).createIfMissing(), new SecureRandom());
    }
}
