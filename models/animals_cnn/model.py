"""Four 3x3 convolutions with batch norm, one dense layer: 4.15 M MACs, 86 K parameters."""

import keras
from keras import layers


def build(seed: int) -> keras.Model:
    """(1, 28, 28, 1) pixels in [0, 1] to probabilities of ten animals."""
    x = image = keras.Input((28, 28, 1), name="image")
    for index, (filters, stride) in enumerate(((24, 1), (48, 1), (64, 1), (64, 2)), start=1):
        # no bias: the batch norm's offset does its work
        x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False, name=f"conv{index}")(x)
        x = layers.BatchNormalization(name=f"norm{index}")(x)
        x = layers.ReLU(name=f"relu{index}")(x)
        if index < 3:
            x = layers.MaxPooling2D(2, name=f"pool{index}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(0.3, seed=seed, name="dropout")(x)
    animal = layers.Dense(10, activation="softmax", name="dense")(x)
    return keras.Model(image, animal, name="animals_cnn")
