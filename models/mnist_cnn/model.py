"""Three 3x3 convolutions with batch norm and max pooling, one dense layer: 1.92 M MACs, 29 K parameters."""

import keras
from keras import layers


def build(seed: int) -> keras.Model:
    """(1, 28, 28, 1) pixels in [0, 1] to probabilities of ten digits."""
    x = image = keras.Input((28, 28, 1), name="image")
    for index, filters in enumerate((16, 32, 64), start=1):
        # no bias: the batch norm's offset does its work
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv{index}")(x)
        x = layers.BatchNormalization(name=f"norm{index}")(x)
        x = layers.ReLU(name=f"relu{index}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{index}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(0.3, seed=seed, name="dropout")(x)
    digit = layers.Dense(10, activation="softmax", name="dense")(x)
    return keras.Model(image, digit, name="mnist_cnn")
