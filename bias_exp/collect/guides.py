"""What collectors say of themselves at length: `bias-exp data --source NAME --help`."""

PROMPTS_GUIDE = """\
Nothing is generated and nothing is needed but this program. Every profession, template, scene and replicate is one
pair: a prompt of each gender with one seed, equal but for the word of the gender. <out>/prompts.csv may be read,
changed and shortened by hand; that it is balanced is proven again before anything is generated.
More of the same (a greater per_profession, unspecified) is added to prompts that are there; others are not replaced.
Templates ask for adults whom nobody knows. Keep to that in a file of your own: words and ages of children are refused,
names of persons cannot be told from other words.
"""

GENERATE_GUIDE = """\
Needs `pip install --constraint constraints.txt --editable '.[generate]'` and the weights of SDXL (7 GB at float16):
  bias-exp data --source prompts --out data/sdxl
  bias-exp data --source generate --out data/sdxl \\
    --set options.model=stabilityai/stable-diffusion-xl-base-1.0 --set options.variant=fp16
The model is taken from the Hugging Face cache, else fetched; without a connection name a folder that holds it.
Several GPUs: torchrun --standalone --nproc-per-node 4 --module bias_exp data --source generate --out ...
What is there is never made again: the same command goes on after a stop, with as many processes as you like.
Pictures that are black, of one colour or not finite are listed as failed in <out>/journal and are not kept.
Licence of the base model: CreativeML Open RAIL++-M. It claims no rights in the pictures and makes you answerable for
them; no use of them may go against it, and its Attachment A lists what is prohibited. Say of them that they are
generated.
"""
