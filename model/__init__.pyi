# What this package offers, for type checkers and for __init__.py, which loads each name when it is used.
from .ablation import ablated as ablated
from .activations import capture as capture
from .alexnet import AlexNet as AlexNet
from .architectures import ARCHITECTURES as ARCHITECTURES
from .arithmetic import take_apart as take_apart
from .attribution import METHODS as METHODS
from .attribution import explain as explain
from .errors import UserError as UserError
from .feature_visualization import visualize as visualize
from .layers import describe as describe
from .predict import classify as classify
from .predict import classify_ten_crop as classify_ten_crop
from .preprocess import read_photo as read_photo
from .preprocess import read_photo_file as read_photo_file
from .weights.load import load as load
from .weights.sources import WEIGHTS as WEIGHTS
