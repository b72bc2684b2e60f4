package io.dormouse.secrets;

class MemorySecretsTest extends SecretsContract {
    @Override
    Secrets empty() {
        return new MemorySecrets();
    }

    @Override
    Secrets again(Secrets store) {
        return store;
    }
}
